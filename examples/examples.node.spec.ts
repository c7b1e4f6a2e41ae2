import { expect } from 'chai';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs what `npm start` of an example runs; npm itself would take as long again. */
function example(name: string, ...args: string[]) {
  const cwd = path.join(import.meta.dirname, name);
  const { scripts } = JSON.parse(readFileSync(path.join(cwd, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const [, ...given] = scripts.start.split(' ');
  return run(process.execPath, [...given, ...args], { cwd });
}

describe('The small examples', function () {
  this.timeout(60_000);

  it('xor learns exclusive or, and prints nothing on stderr', async () => {
    const { stdout, stderr } = await example('xor');
    expect(stdout).to.contain('0 0, 0 1, 1 0, 1 1 give 0, 1, 1, 0');
    expect(stderr).to.not.match(/error|warning:/i);
  });

  it('custom-op checks its gradients and learns with them', async () => {
    const { stdout } = await example('custom-op');
    expect(stdout).to.contain('Swish: gradCheck passed').and.contain('FastSwish: gradCheck passed');
    expect(Number(/mean squared error ([\d.]+)/.exec(stdout)![1])).to.be.lessThan(0.01);
    expect(stdout).to.contain('SwishGradient ran its companion');
  });

  it('tfjs-layers trains a network of ours inside a model of tfjs-layers', async () => {
    const { stdout } = await example('tfjs-layers');
    const [, first, last] = /loss ([\d.]+) at first, ([\d.]+) after/.exec(stdout)!;
    expect(stdout).to.contain('288 of 337 weights are ours');
    expect(Number(last)).to.be.lessThan(0.1 * Number(first));
  });

  it('segmentation refuses what is not a number of steps, in a plain sentence', async () => {
    const failed = await example('segmentation', 'abc').then(
      () => undefined,
      (error: unknown) => error as object,
    );
    expect(failed).to.include({ code: 1, stderr: 'steps: expected a whole number from 1, received "abc"\n' });
  });

  it('segmentation finds shapes in noise within a few steps', async () => {
    const { stdout } = await example('segmentation', '40');
    const [before, after] = [...stdout.matchAll(/IoU ([\d.]+)/g)].map(([, figure]) => Number(figure));
    expect(before).to.be.lessThan(0.3);
    expect(after).to.be.greaterThan(0.6);
  });

  it('autoencoder keeps more of digits with each step', async () => {
    const { stdout } = await example('autoencoder', '40');
    const [before, after] = [...stdout.matchAll(/: ([\d.]+) % of the variance is lost/g)].map(([, figure]) =>
      Number(figure),
    );
    expect(after)
      .to.be.lessThan(0.6 * before!)
      .and.lessThan(90);
  });

  it('gan-digits draws nearer to digits with each step', async () => {
    const { stdout } = await example('gan-digits', '20');
    const [before, after] = [...stdout.matchAll(/: ([\d.]+) times as far/g)].map(([, figure]) => Number(figure));
    expect(after).to.be.lessThan(0.9 * before!);
  });

  it('cifar brings its loss down, and says what its folder lacks', async () => {
    const { stdout } = await example('cifar', '--count', '160', '--epochs', '2');
    const [first, last] = [...stdout.matchAll(/mean loss ([\d.]+)/g)].map(([, figure]) => Number(figure));
    expect(last).to.be.lessThan(first! - 0.2); // by 0.05 when nothing is learned
    const refusal = await example('cifar', '--data', tmpdir()).then(() => 'none', String);
    expect(refusal).to.contain('DataError').and.contain('test_batch.bin');
  });

  it('transfer does better with what it has learned before', async () => {
    const { stdout } = await example('transfer');
    const [nothing, head, tuned] = [...stdout.matchAll(/: ([\d.]+) % wrong/g)].map(([, figure]) => Number(figure));
    expect(head).to.be.lessThan(nothing! - 1); // above it when the body learned nothing before
    expect(tuned).to.be.lessThan(nothing! - 1);
  });

  it('resume goes on where it was ended', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tessera-resume-'));
    const place = path.join(folder, 'run');
    try {
      const ended = example('resume', '1', place);
      const watch = setInterval(() => existsSync(`${place}.0.zip`) && ended.child.kill(), 5);
      await ended.catch(() => undefined);
      clearInterval(watch);
      const { stdout } = await example('resume', '1', place);
      expect(stdout).to.match(/^goes on behind step \d+\n(.|\n)*10 steps, the last loss is [\d.]+\n$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('grid learns the same on one rank, on two threads, and on two processes where MPI is', async function () {
    this.timeout(120_000);
    const sizes = ['130', '1'];
    const cwd = path.join(import.meta.dirname, 'grid');
    const runs = [
      await run('npm', ['start', '--silent', '--', '1', ...sizes], { cwd }), // which builds it
      await run(process.execPath, ['.esm/threads.mjs', '2', ...sizes], { cwd }),
    ];
    if (spawnSync('mpirun', ['--version']).status === 0) {
      const started = ['run', 'start:mpi', '--silent', '-w', '@tessera-nn/example-grid', '--', ...sizes];
      const allowed = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
      runs.push(
        await run('npm', started, { env: { ...process.env, ...allowed, OMPI_MCA_rmaps_base_oversubscribe: '1' } }),
      );
    } else console.log('not run: the example grid on processes, because Open MPI is not installed');
    const found = runs.map(({ stdout }) => /(\d) ranks, .*: (loss [\d.]+, [\d.]+ % wrong)/.exec(stdout)!);
    expect(found.map(([, ranks]) => ranks)).to.deep.equal(['1', '2', '2'].slice(0, runs.length));
    for (const [, , result] of found) expect(result).to.equal(found[0]![2]);
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

  /** What the critic's example prints, before training and after each part of it. */
  async function trainCritic(...args: string[]) {
    const { stdout } = await example('gradient-penalty', ...args);
    const lines = [...stdout.matchAll(/slope ([\d.]+), distance (-?[\d.]+), ([\d.]+) % of unseen digits above/g)];
    const [slopes, distances, above] = [1, 2, 3].map((group) => lines.map((line) => Number(line[group])));
    return { slopes: slopes!, distances: distances!, above: above!, stdout };
  }

  it('gradient-penalty brings the slope of its critic to 1 while the scores part, and holds no more with each step', async () => {
    const { slopes, distances, above, stdout } = await trainCritic();
    expect(slopes).to.have.length(5);
    expect(slopes[0]).to.be.lessThan(0.8);
    expect(slopes.at(-1)).to.be.within(0.95, 1.1);
    expect(distances[0]).to.be.within(-0.2, 0.2);
    expect(distances.at(-1)).to.be.greaterThan(3);
    expect(above.at(-1)).to.be.at.least(99);
    expect(stdout).to.match(/held after each step from the second on: \d+ tensors\n/);
  });

  it('gradient-penalty loses hold of the slope when its penalty weighs nothing', async () => {
    const { slopes } = await trainCritic('0');
    expect(slopes.at(-1)).to.be.greaterThan(10);
  });
});
