// Runs in the page: loads every spec, runs mocha, and reports each event to the runner outside.
import { rendererName, report, stackOf } from './report.js';

const { specs, mochaOptions } = JSON.parse(document.getElementById('config').textContent);

// Chromium and Firefox expose a collector under different names, WebKit none.
if (globalThis.TestUtils?.gc) globalThis.gc = () => globalThis.TestUtils.gc();
// Where none can be called, nothing is freed by one: it would happen in the middle of a test that counts tensors.
globalThis.FinalizationRegistry = globalThis.gc
  ? globalThis.FinalizationRegistry
  : class {
      register() {}
      unregister() {}
    };

const withDiff = (error) => {
  const stack = stackOf(error);
  if (!error?.showDiff || error.expected === undefined) return stack;
  const [actual, expected] = [error.actual, error.expected].map(Mocha.utils.stringify);
  return `${stack}${Mocha.reporters.Base.generateDiff(actual, expected)}`;
};

class Reporter {
  constructor(runner) {
    const test = ({ title, duration, parent }) => ({ title, duration, depth: parent.titlePath().length });
    runner.on('suite', (suite) => report('suite', { title: suite.title, depth: suite.titlePath().length - 1 }));
    runner.on('test', (started) => report('test', { title: started.fullTitle() }));
    runner.on('pass', (passed) => report('pass', test(passed)));
    runner.on('pending', (pending) => report('pending', test(pending)));
    runner.on('fail', (failed, error) => report('fail', { title: failed.fullTitle(), stack: withDiff(error) }));
    runner.on('end', () => report('end'));
  }
}

// While mocha runs it reports uncaught errors itself, as the failure of a test.
const uncaught = ({ error, reason, message }) =>
  report('fail', { title: 'uncaught error', stack: withDiff(error ?? reason ?? message) });
for (const type of ['error', 'unhandledrejection']) addEventListener(type, uncaught);

report('start', { renderer: rendererName() });
mocha.setup({ ui: 'bdd', reporter: Reporter, ...mochaOptions });
for (const spec of specs) {
  try {
    await import(spec);
  } catch (error) {
    // A spec that cannot be loaded is one failed test; the others still run.
    report('fail', { title: `${spec} loads`, stack: withDiff(error) });
  }
}
for (const type of ['error', 'unhandledrejection']) removeEventListener(type, uncaught);
mocha.run();
