// Runs the mocha specs in a real browser: bundles them in memory, serves them, opens them in Chromium.
//   node scripts/browser-test.mjs --backend wasm --spec prelu --grep gradient --headed
import { parseArgs } from 'node:util';
import { bundleSpecs } from './browser/bundle.mjs';
import { collectCoverage } from './browser/coverage.mjs';
import { runPage } from './browser/run.mjs';
import { serve } from './browser/serve.mjs';
import { specFiles } from './spec-files.mjs';

const { values: options } = parseArgs({
  options: {
    backend: { type: 'string', default: 'webgl' },
    renderer: { type: 'string', default: '' }, // hardware: draw as on a graphics card
    grep: { type: 'string' },
    spec: { type: 'string', default: process.env.SPEC ?? '' }, // regular expression on the path
    headed: { type: 'boolean', default: false },
    coverage: { type: 'string' }, // folder for V8 coverage
    timeout: { type: 'string', default: '20000' }, // ms for one test
    limit: { type: 'string', default: '840' }, // s for all of them
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
  const specs = specFiles({ nodeOnly: false, only: options.spec });
  if (specs.length === 0) return { passed: 0, failed: 0, pending: 0 };
  const { urls, files, toSources } = await bundleSpecs(specs, { inlineMaps: options.coverage !== undefined });
  const server = await serve({ files, urls, mochaOptions });
  try {
    return await runPage({
      url: `${server.origin}/?backend=${options.backend}&renderer=${options.renderer}`,
      toSources,
      headed: options.headed,
      limitSeconds: Number(options.limit),
      ...(options.coverage && { collect: (page) => collectCoverage(page, options.coverage) }),
    });
  } finally {
    server.close();
  }
}
