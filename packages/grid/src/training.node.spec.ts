import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundled } from '../test/bundle.js';
import { trainDigits } from '../test/training.js';
import { Grid, GridError } from './index.js';

describe('Two ranks', function () {
  this.timeout(120_000);
  onBackend();

  itOnOneBackend('learn as one does, leave out the same steps, and go on behind one that died', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tessera-grid-'));
    try {
      const script = await bundled(new URL('../test/train.ts', import.meta.url));
      const [place, file] = ['run', 'losses.json'].map((name) => path.join(folder, name)) as [string, string];
      const failure: unknown = await Grid.run(script, { ranks: 2, args: [place, file, '6'] }).catch(
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(GridError);
      expect(String(failure)).to.contain('Rank 1 has failed').and.contain('the disk is full');
      await Grid.run(script, { ranks: 2, args: [place, file] });
      const { goesOn, losses } = JSON.parse(await readFile(file, 'utf8')) as { goesOn: boolean; losses: number[] };
      const { losses: ofOne } = await trainDigits();
      expect(goesOn).to.equal(true);
      expect(losses).to.have.length(52);
      for (const [i, loss] of losses.entries()) expect(loss, `step ${i + 1}`).to.be.closeTo(ofOne[i]!, 1e-5);
      expect(losses[51]!).to.be.lessThan(losses[0]! / 2);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
