// Runs in the page: loads every spec, runs mocha, and reports each event to the runner outside.
const { specs, mochaOptions } = JSON.parse(document.getElementById('config').textContent);

const send = (event, details = {}) => globalThis.tesseraReport(JSON.stringify({ event, ...details }));
const stackOf = (error) => {
  const stack = error?.stack ?? String(error);
  if (!error?.showDiff || error.expected === undefined) return stack;
  const [actual, expected] = [error.actual, error.expected].map(Mocha.utils.stringify);
  return `${stack}${Mocha.reporters.Base.generateDiff(actual, expected)}`;
};

class Reporter {
  constructor(runner) {
    const test = ({ title, duration, parent }) => ({ title, duration, depth: parent.titlePath().length });
    runner.on('suite', (suite) => send('suite', { title: suite.title, depth: suite.titlePath().length - 1 }));
    runner.on('test', (started) => send('test', { title: started.fullTitle() }));
    runner.on('pass', (passed) => send('pass', test(passed)));
    runner.on('pending', (pending) => send('pending', test(pending)));
    runner.on('fail', (failed, error) => send('fail', { title: failed.fullTitle(), stack: stackOf(error) }));
    runner.on('end', () => send('end', { failures: runner.failures }));
  }
}

mocha.setup({ ui: 'bdd', reporter: Reporter, ...mochaOptions });
for (const spec of specs) {
  try {
    await import(spec);
  } catch (error) {
    // A spec that cannot be loaded is one failed test; the others still run.
    send('fail', { title: `${spec} loads`, stack: stackOf(error) });
  }
}
mocha.run();
