// Packs every public package, installs the tarballs into an empty folder beside the tools of others, and uses them there:
// bundlers, test runners, Node, TypeScript, Bun, Deno. Needs the registry and minutes, so it is no part of `npm test`.
//   npm run test:consumers                     all
//   npm run test:consumers -- vite typescript  some
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { launchChromium } from './chromium.mjs';
import { publicPackages } from './package-files.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const PAGE_MS = 120_000;
const APP_ENTRY = 'app.js';
/** Learns exclusive or, and says so in one line. */
const APP = `
import { Activation, Adam, Linear, MSE, Sequential, seed, startBackend } from 'tessera-nn';

export async function learn() {
  const backend = await startBackend();
  seed(7);
  const net = new Sequential([new Linear(2, 8), new Activation('tanh'), new Linear(8, 1)]);
  const [cost, optimizer] = [new MSE(), new Adam(0.05).setupOn(net)];
  const inputs = [[0, 0], [0, 1], [1, 0], [1, 1]];
  for (let step = 0; step < 200; step++) {
    const loss = cost.forward(net.forward(inputs), [[0], [1], [1], [0]]);
    optimizer.zeroGradParams();
    loss.backward();
    optimizer.update();
  }
  return backend + ' ' + [...(await net.forward(inputs).values())].map((y) => Math.abs(Math.round(y))).join(' ');
}
`;
const LEARNED = 'wasm 0 1 1 0';
const PROGRAM = `import { learn } from './${APP_ENTRY}';\n`;
const IN_A_PAGE = `${PROGRAM}learn().then((said) => (document.body.textContent = said), (error) => (document.body.textContent = String(error)));`;
const IN_A_TEST = `${PROGRAM}test('learns', async () => expect(await learn()).toBe('${LEARNED}'), ${PAGE_MS});`;
/** Declarations that do not pass without skipLibCheck and are not ours: of tfjs, and of WebGPU, which it brings along. */
const FOREIGN = /^node_modules\/(@tensorflow|@webgpu|@typescript|typescript)\//;

const folder = mkdtempSync(path.join(tmpdir(), 'tessera-consumers-'));
const inFolder = (...names) => path.join(folder, ...names);
const tool = (name) => inFolder('node_modules', name);

/** What is installed for each, and what is done with it; what it returns should be what was learned. */
const consumers = {
  node: { run: () => node('--input-type=module', '--eval', `${PROGRAM}console.log(await learn())`) },
  require: { run: () => node('--eval', `require('./${APP_ENTRY}').learn().then(console.log)`) },
  vite: {
    packages: ['vite@8'],
    run: async () => {
      cpSync('examples/starter', inFolder('starter'), { recursive: true });
      node(tool('vite/bin/vite.js'), 'build', 'starter', '--logLevel', 'warn');
      const said = await textOf('starter/dist');
      return /^Reads (9\d|100) % .* on wasm\.$/.test(said) ? LEARNED : said;
    },
  },
  webpack: {
    packages: ['webpack@5'],
    run: () => {
      const options = `{ mode: 'production', entry: './page.js', output: { path: ${JSON.stringify(inFolder('webpack'))}, filename: 'page.js' } }`;
      node(
        '--eval',
        `require('webpack')(${options}, (e, s) => { if (e || s.hasErrors()) throw e ?? new Error(s.toString()); })`,
      );
      return textOf('webpack');
    },
  },
  esbuild: {
    packages: ['esbuild@0.28'],
    run: () => {
      const options = ['--bundle', '--minify', '--splitting', '--format=esm', '--outdir=esbuild', '--log-level=error'];
      run(tool('esbuild/bin/esbuild'), 'page.js', ...options);
      copyWasm('esbuild');
      return textOf('esbuild');
    },
  },
  rollup: {
    packages: ['rollup@4', '@rollup/plugin-node-resolve@16', '@rollup/plugin-commonjs@29'],
    run: () => {
      const plugins = ['-p', '@rollup/plugin-node-resolve={browser: true}', '-p', '@rollup/plugin-commonjs'];
      node(tool('rollup/dist/bin/rollup'), '--silent', '-i', 'page.js', '-d', 'rollup', '-f', 'es', ...plugins);
      copyWasm('rollup');
      return textOf('rollup');
    },
  },
  jest: {
    packages: ['jest@30'],
    run: () => {
      const options = ['--testMatch', '**/learns.test.js', '--transform', '{}'];
      node('--experimental-vm-modules', '--no-warnings', tool('jest/bin/jest.js'), ...options);
      return LEARNED;
    },
  },
  vitest: {
    packages: ['vitest@4'],
    run: () => {
      node(tool('vitest/vitest.mjs'), 'run', '--globals', 'learns.test.js');
      return LEARNED;
    },
  },
  typescript: {
    packages: ['typescript@7'],
    run: () => {
      const faults = [...faultsOf('nodenext', 'nodenext'), ...faultsOf('esnext', 'bundler')];
      return faults.length > 0 ? faults.join('\n') : LEARNED;
    },
  },
  // Their packages download in a postinstall; what that would fetch lies in the registry for Linux on x64.
  bun: {
    packages: ['@oven/bun-linux-x64@1'],
    run: () => run(tool('@oven/bun-linux-x64/bin/bun'), 'program.mjs'),
  },
  deno: {
    packages: ['@deno/linux-x64-glibc@2'],
    run: () =>
      run(tool('@deno/linux-x64-glibc/deno'), 'run', '--allow-all', '--node-modules-dir=manual', 'program.mjs'),
  },
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(consumers);
const unknown = wanted.find((name) => !(name in consumers));
if (unknown) throw new Error(`no consumer "${unknown}"; there are ${Object.keys(consumers).join(', ')}`);

let failed = 0;
try {
  install(wanted.flatMap((name) => consumers[name].packages ?? []));
  for (const name of wanted) {
    const said = await outcome(consumers[name]);
    if (said !== LEARNED) failed++;
    console.log(said === LEARNED ? `ok     ${name}` : `FAILED ${name}\n${said}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function outcome(consumer) {
  try {
    return (await consumer.run()).trim();
  } catch (error) {
    return error.message;
  }
}

function install(packages) {
  const names = publicPackages().map((name) => `packages/${name}`);
  execFileSync('npm', [
    'pack',
    '--silent',
    '--ignore-scripts',
    '--pack-destination',
    folder,
    ...names.map((n) => `-w=${n}`),
  ]);
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  const files = {
    'package.json': '{ "private": true, "type": "module" }',
    [APP_ENTRY]: APP,
    'page.js': IN_A_PAGE,
    'program.mjs': `${PROGRAM}console.log(await learn());`,
    'learns.test.js': IN_A_TEST,
    'consumer.ts': `import { Linear, Trainer, Variable, type BackendChoice } from 'tessera-nn';\nexport const y: Variable = new Linear(2, 1).forward([[1, 2]]);\nexport type All = [BackendChoice, Trainer];`,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(inFolder(file), text);
  run(
    'npm',
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    ...tarballs.map((f) => `./${f}`),
    ...packages,
  );
}

function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout ?? ''}${stderr ?? ''}`);
  return stdout;
}

function node(...args) {
  return run(process.execPath, ...args);
}

/** What TypeScript has against declarations of ours, with nothing skipped. */
function faultsOf(module, moduleResolution) {
  const lib = 'es2022,dom,dom.iterable,esnext.disposable';
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const how = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2022', '--lib', lib];
  const args = [tool('typescript/bin/tsc'), ...strict, '--skipLibCheck', 'false', ...how, 'consumer.ts'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return stdout.split('\n').filter((line) => / error TS|^error/.test(line) && !FOREIGN.test(line));
}

/** What a bundler that leaves `new URL(…, import.meta.url)` alone must be given beside its chunks. */
function copyWasm(to) {
  const from = inFolder('node_modules/@tessera-nn/kernels/dist/wasm');
  for (const file of readdirSync(from).filter((name) => name.endsWith('.wasm')))
    copyFileSync(path.join(from, file), inFolder(to, file));
}

/** Serves a folder, opens its page in Chromium, and waits for what it says at its end. */
async function textOf(name) {
  const root = inFolder(name);
  mkdirSync(root, { recursive: true });
  if (!existsSync(path.join(root, 'index.html')))
    writeFileSync(path.join(root, 'index.html'), '<body></body><script type="module" src="page.js"></script>');
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = path.join(root, pathname === '/' ? 'index.html' : pathname);
    const found = existsSync(file);
    response.writeHead(found ? 200 : 404, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain' });
    response.end(found ? readFileSync(file) : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const atEnd = () => /\d \d \d \d|Reads|Error/.test(document.body.textContent);
    await page.waitForFunction(atEnd, undefined, { timeout: PAGE_MS });
    return await page.evaluate(() => (document.querySelector('[role=status]') ?? document.body).textContent);
  } finally {
    await browser.close();
    server.close();
  }
}
