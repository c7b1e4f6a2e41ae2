import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const example = (name: string) => run('npm', ['start', '--silent', '-w', `@tessera/example-${name}`]);

describe('The small examples', function () {
  this.timeout(60_000);

  it('xor learns exclusive or, and prints nothing on stderr', async () => {
    const { stdout, stderr } = await example('xor');
    expect(stdout).to.contain('0 0, 0 1, 1 0, 1 1 give 0, 1, 1, 0');
    expect(stderr).to.not.match(/error|warning:/i);
  });

  it('prelu-activation prints the documented figures', async () => {
    const { stdout } = await example('prelu-activation');
    expect(stdout).to.contain('starts with the slopes [0.25 0.25 0.25]');
    expect(stdout).to.contain('with sharedMaps it has one: [0.25]');
    expect(stdout).to.contain('after setVar the slopes are [0.5  0.   0.25]');
    expect(stdout).to.contain('[[[[ 2.   -3.5   6.   -3.    5.  ]\n   [-3.5  -2.5  -4.    1.   -3.5 ]');
    expect(stdout).to.contain('[[3. 0. 0.]\n [0. 7. 9.]\n [0. 0. 0.]]');
    expect(stdout).to.contain('give dx [2. 1.] and da [-2.]');
  });
});
