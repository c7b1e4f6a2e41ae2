// mocha's own spec report, then the line that scripts/test.mjs and CI read: "N passed, N failed".
import Mocha from 'mocha';

export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      if (pending) console.log(`${pending} pending`);
      console.log(`${passes} passed, ${failures} failed`);
    });
  }
}
