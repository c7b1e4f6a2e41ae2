// Runs the stages of `npm test`, several at once, and ends with one line for all of them: "N passed, N failed".
//   node scripts/test.mjs                     every stage; the output of a stage is shown when it fails
//   node scripts/test.mjs --verbose           every stage with all its output
//   node scripts/test.mjs eslint structure    these stages
//   node scripts/test.mjs node --grep slope   one stage with its output, further arguments passed on
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { engines } from './browser/engines/index.mjs';
import { PACKAGING_SPEC, shaderFolders } from './spec-files.mjs';

const MOCHA = 'mocha --forbid-only --forbid-pending';
const BROWSER = 'node scripts/browser-test.mjs --forbid-only --forbid-pending';
const LIMIT_SECONDS = 2400;
/** From being asked to end, which lets browsers be ended too, to being ended. */
const GRACE_SECONDS = 3;
const HEARTBEAT_SECONDS = 15;
const COUNTS = /^(\d+) passed, (\d+) failed$/gm;
/** How specs say what this machine does not let them check. */
const NOT_RUN = /^not run: .*$/gm;

/** Milliseconds for a test: llvmpipe takes its time to compile. */
const DRIVER_TIMEOUT = 60_000;
/** Where shaders are written, and the modules that go through those of products, moves and formulas. */
const SHADERS = `(kernels/src|${shaderFolders().join('|')}|modules/src/(activation|concat|conv-2d|deconv-2d|linear|standardize|split))/`;
/** What shaders and drivers can get wrong; the rest of the specs sees the same kernels in other combinations. */
const NUMERICS =
  '(kernels/src/(arithmetic|elementwise|webgl/drawing/context)|modules/src/(activation|batch-norm-2d|max-pool-2d|prelu)|optim/src/(adam|smorms3|clip-grad)/|cost/src/(bce|cross-entropy|mse)/)';

/** Where something is computed; what files, data, handlers and containers do with it is the same on every backend. */
const COMPUTING = '^packages/(kernels|core|modules|cost|optim|tessera|testing)/|^examples/custom-op/';

/**
 * In the order in which they start, the longest first. A stage without `counts` is one check, passed or failed. One with
 * an `engine` runs where the machine has that browser; one that is there `insteadOf` another, where it has not.
 */
const STAGES = {
  build: { title: 'build', command: 'npm run --silent build' },
  browser: {
    title: 'specs in Chromium, webgl',
    command: BROWSER,
    counts: true,
  },
  node: { title: 'specs in Node, wasm', command: MOCHA, env: { TESSERA_BACKEND: 'wasm' }, counts: true },
  hardware: {
    title: 'shaders in Chromium, webgl as on a graphics card',
    command: `${BROWSER} --renderer hardware --numbers --spec '${SHADERS}'`,
    counts: true,
    insteadOf: 'mesa', // which draws the same
  },
  mesa: driver('mesa', 'shaders', SHADERS, '--renderer hardware'),
  firefox: driver('firefox', 'numerics', NUMERICS),
  webkit: driver('webkit', 'numerics', NUMERICS),
  cpu: {
    title: 'specs in Node, cpu',
    command: MOCHA,
    env: { TESSERA_BACKEND: 'cpu', SPEC: process.env.SPEC ?? COMPUTING },
    counts: true,
  },
  packages: {
    title: 'packed packages',
    command: MOCHA,
    env: { TESSERA_BACKEND: 'wasm', SPEC: PACKAGING_SPEC },
    counts: true,
    after: 'build',
  },
  eslint: { title: 'eslint', command: 'eslint .' },
  format: { title: 'prettier', command: 'prettier --check --log-level warn .' },
  imports: {
    title: 'layers and cycles',
    command: 'depcruise packages/*/src && depcruise packages/*/src --config scripts/cycles.depcruise.cjs',
  },
  structure: {
    title: 'structure and public names',
    command: 'node scripts/check-structure.mjs && node scripts/public-names.mjs --check',
  },
  typecheck: { title: 'typecheck', command: 'npm run --silent typecheck' },
  site: {
    title: 'pages of the site, their links, and a plot that answers',
    command: 'node site/build.mjs --pages && node site/check.mjs',
    after: 'build',
  },
};

function driver(engine, what, specs, options = '') {
  return {
    title: `${what} in ${engines[engine].title}, webgl`,
    command: `${BROWSER} --engine ${engine} --timeout ${DRIVER_TIMEOUT} --numbers --spec '${specs}' ${options}`,
    counts: true,
    engine,
  };
}

let stopped = false;
const running = new Map();
const results = {};
/** What did not run, and why. */
const absent = [];
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    stopped = true;
    for (const child of running.keys()) stop(child);
    setTimeout(() => process.exit(1), (GRACE_SECONDS + 1) * 1000);
  });

const args = process.argv.slice(2);
const firstOther = args.findIndex((arg) => !(arg in STAGES));
const wanted = firstOther < 0 ? args : args.slice(0, firstOther);
const extra = args.slice(wanted.length);
if (wanted.length === 1) {
  const before = STAGES[wanted[0]].after;
  if (before) await runStage(before);
  await runStage(wanted[0], { args: extra, live: true });
} else {
  const unknown = extra.find((arg) => arg !== '--verbose');
  if (unknown) throw new Error(`no stage "${unknown}"; the stages are ${Object.keys(STAGES).join(', ')}`);
  await runStages(wanted.length ? wanted : Object.keys(STAGES), { verbose: extra.length > 0 });
}

for (const line of new Set(absent)) console.log(line);
const sum = (key) => Object.values(results).reduce((total, result) => total + result[key], 0);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 ? 0 : 1);

async function runStages(names, options) {
  const started = performance.now();
  const heartbeat = setInterval(() => {
    const titles = [...running.values()].map((stage) => stage.title).join('; ');
    console.log(`… ${seconds(started)} s, running: ${titles}`);
  }, HEARTBEAT_SECONDS * 1000);
  const waiting = [...new Set(names.filter(isThere).flatMap((name) => [STAGES[name].after ?? name, name]))];
  const worker = async () => {
    for (;;) {
      const next = waiting.findIndex((name) => !STAGES[name].after || results[STAGES[name].after]);
      if (next < 0 || stopped) return;
      await runStage(...waiting.splice(next, 1), options);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  clearInterval(heartbeat);
}

/** Whether the machine has the browser of a stage, or has not that of the stage which it stands in for. */
function isThere(name) {
  const { engine, insteadOf, title } = STAGES[name];
  if (insteadOf && !engines[insteadOf].missing()) return false;
  const missing = engine && engines[engine].missing();
  if (missing) absent.push(`not run: ${title}, because ${missing} is not installed`);
  return !missing;
}

async function runStage(name, { args = [], live = false, verbose = false } = {}) {
  const stage = STAGES[name];
  const started = performance.now();
  const { code, output } =
    stage.after && results[stage.after].failed
      ? { code: 1, output: `not run, because ${stage.after} failed\n` }
      : await execute(stage, args, live);
  absent.push(...(output.match(NOT_RUN) ?? []));
  const counted = stage.counts && [...output.matchAll(COUNTS)].at(-1);
  const result = counted
    ? { passed: Number(counted[1]), failed: Number(counted[2]) }
    : { passed: code === 0 && !stage.counts ? 1 : 0, failed: 0 };
  if (code !== 0 || (stage.counts && !counted)) result.failed ||= 1;
  results[name] = result;

  console.log(`\n━━ ${stage.title}: ${result.passed} passed, ${result.failed} failed (${seconds(started)} s)`);
  if (!live && (verbose || result.failed)) console.log(output.replaceAll(COUNTS, '').trim());
}

/** Runs a command in a process group of its own, so that a stage that hangs ends with everything it started. */
function execute(stage, args, live) {
  const bin = path.resolve('node_modules/.bin');
  const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(`${stage.command} ${args.map((arg) => JSON.stringify(arg)).join(' ')}`, {
    shell: true,
    detached: true,
    env: { ...process.env, ...colour, ...stage.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` },
  });
  running.set(child, stage);
  let output = '';
  for (const [stream, target] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (live) target.write(text.replaceAll(COUNTS, '')); // the sum at the end is the only such line
    });
  const timer = setTimeout(() => {
    output += `\nno end after ${LIMIT_SECONDS} s, stopped\n`;
    stop(child);
  }, LIMIT_SECONDS * 1000);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Asks a stage to end, with all that it started; soon it has to. */
function stop(child) {
  signal(child, 'SIGTERM');
  setTimeout(() => signal(child, 'SIGKILL'), GRACE_SECONDS * 1000).unref();
}

function signal(child, name) {
  try {
    process.kill(-child.pid, name);
  } catch {
    child.kill(name); // Windows has no process groups
  }
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}
