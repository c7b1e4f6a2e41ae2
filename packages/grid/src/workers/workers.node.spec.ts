import { itOnOneBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { bundled } from '../../test/bundle.js';
import { Grid, GridError } from '../index.js';

describe('Ranks in workers', function () {
  this.timeout(60_000);

  let script: URL;
  before(async () => void (script = await bundled(new URL('../../test/scenes.ts', import.meta.url))));
  const play = (scene: string, ranks = 2, signal?: AbortSignal) => Grid.run(script, { ranks, args: [scene], signal });

  itOnOneBackend('add, broadcast and wait for each other', () => play('meet', 3));

  itOnOneBackend('are told on both sides that they do not do the same', () => play('differ'));

  itOnOneBackend('do not wait for one that has ended', () => play('leave'));

  itOnOneBackend('end with the error of the one that fails', async () => {
    const error = await play('fail').catch((error: unknown) => error);
    expect(error).to.be.instanceOf(GridError);
    expect((error as GridError).message)
      .to.contain('Rank 1 has failed')
      .and.contain('the disk is full');
    expect((error as GridError).cause).to.be.instanceOf(RangeError);
  });

  itOnOneBackend('end when one fails that the others do not wait for', async () => {
    const started = performance.now();
    await play('hang').then(
      () => expect.fail('it went well'),
      (error: GridError) => expect(error.message).to.contain('the disk is full'),
    );
    expect(performance.now() - started).to.be.lessThan(30_000);
  });

  itOnOneBackend('end when a signal says so', async () => {
    const ends = new AbortController();
    const running = play('hang', 1, ends.signal);
    ends.abort(new Error('enough'));
    await running.then(
      () => expect.fail('it went well'),
      (error: Error) => expect(error.message).to.equal('enough'),
    );
  });
});

describe('Grid', () => {
  it('has one rank in a program that runs by itself', async () => {
    const nodeinfo = await Grid.join();
    expect([nodeinfo.rank, nodeinfo.size, nodeinfo.meanValue(3)]).to.deep.equal([0, 1, 3]);
    expect(await Grid.join()).to.equal(nodeinfo);
  });

  it('refuses what is not a script, and ranks that cannot be', async () => {
    await Grid.run(5 as never).then(
      () => expect.fail('it went well'),
      (error: Error) => expect(error.message).to.contain("new URL('./train.js'"),
    );
    await Grid.run('train.js', { ranks: 0 }).then(
      () => expect.fail('it went well'),
      (error: Error) => expect(error.message).to.contain('a whole number from 1'),
    );
  });
});
