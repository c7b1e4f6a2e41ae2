import { itOnOneBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { bundled } from '../../test/bundle.js';
import { hasMpi, mpirun } from '../../test/mpirun.js';

describe('Ranks of mpirun', function () {
  this.timeout(120_000);

  let script: URL;
  before(async () => void (script = await bundled(new URL('../../test/scenes.ts', import.meta.url))));
  const play = (scene: string, ranks = 2) => mpirun(script, ranks, scene);

  if (!hasMpi('ranks of mpirun')) return;

  itOnOneBackend('add, broadcast and wait for each other', async () => {
    const { stderr } = await play('meet', 3);
    expect(stderr).to.not.match(/error/i);
  });

  itOnOneBackend('are told on both sides that they do not do the same', async () => void (await play('differ')));

  itOnOneBackend('do not wait for one that has ended', async () => void (await play('leave')));

  itOnOneBackend('end with the error of the one that fails', async () => {
    const failed = await play('hang').then(
      () => expect.fail('it went well'),
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed.code).to.equal(1);
    expect(failed.stderr).to.contain('RangeError: the disk is full');
  });
});
