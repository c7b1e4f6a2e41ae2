// Runs the mocha specs in a real browser: bundles them in memory, serves them, opens them in one of browser/engines/.
//   node scripts/browser-test.mjs --engine firefox --backend wasm --spec prelu --grep gradient
import { parseArgs } from 'node:util';
import { bundleSpecs } from './browser/bundle.mjs';
import { collectCoverage } from './browser/coverage.mjs';
import { engineOf } from './browser/engines/index.mjs';
import { runSpecs } from './browser/run.mjs';
import { specFiles } from './spec-files.mjs';

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', default: 'swiftshader' },
    backend: { type: 'string', default: 'webgl' },
    renderer: { type: 'string', default: '' }, // hardware: draw as on a graphics card
    grep: { type: 'string' },
    draws: { type: 'string' }, // configurations drawn at random for each spec, and from which seed
    seed: { type: 'string' },
    faults: { type: 'string' }, // how often each fault is tried
    numbers: { type: 'boolean', default: false }, // of modules what they compute, and no more
    spec: { type: 'string', default: process.env.SPEC ?? '' }, // regular expression on the path
    headed: { type: 'boolean', default: false }, // SwiftShader's Chromium shows its window; the others do anyway
    coverage: { type: 'string' }, // folder for V8 coverage
    timeout: { type: 'string', default: '20000' }, // ms for one test
    limit: { type: 'string', default: '2300' }, // s for all of them
    'forbid-only': { type: 'boolean', default: false },
    'forbid-pending': { type: 'boolean', default: false },
  },
});
const mochaOptions = {
  timeout: Number(options.timeout),
  forbidOnly: options['forbid-only'],
  forbidPending: options['forbid-pending'],
  ...(options.grep && { grep: options.grep }),
};

const { passed, failed, pending } = await run().catch((error) => {
  console.error(error.message);
  return { passed: 0, failed: 1, pending: 0 };
});
if (passed + failed === 0) console.error('no test ran');
if (pending) console.log(`${pending} pending`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0); // a page that hangs may keep the browser's pipe open

async function run() {
  const engine = engineOf(options.engine);
  const specs = specFiles({ nodeOnly: false, only: options.spec });
  if (specs.length === 0) return { passed: 0, failed: 0, pending: 0 };
  const bundles = await bundleSpecs(specs, { inlineMaps: options.coverage !== undefined });
  const { backend, renderer, draws, seed, faults } = options;
  const numbers = options.numbers ? 'yes' : undefined;
  const given = Object.entries({ backend, renderer, draws, seed, faults, numbers }).filter(
    ([, value]) => value !== undefined,
  );
  const query = `?${new URLSearchParams(given)}`;
  const { coverage, headed } = options;
  return runSpecs(
    engine,
    bundles,
    { query, mochaOptions, limitSeconds: Number(options.limit) },
    { headed, ...(coverage && { collect: (page) => collectCoverage(page, coverage) }) },
  );
}
