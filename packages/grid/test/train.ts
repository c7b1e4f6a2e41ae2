// A run of several ranks: `train.ts PLACE LOSSES [EPOCH]`. In an epoch that is given, one of them fails.
import { Grid } from '@tessera-nn/grid';
import { startBackend } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { trainDigits } from './training.js';

const [, , place, file, fatal] = process.argv as [string, string, string, string, string?];
const nodeinfo = await Grid.join();
await startBackend('wasm');
const { net, goesOn, losses } = await trainDigits(nodeinfo, {
  place,
  onBatchFinish: ({ epoch, batch }) => {
    if (nodeinfo.rank === 1 && epoch === Number(fatal) && batch === 2) throw new RangeError('the disk is full');
  },
});
for (const variable of net.parameters()) {
  const own = await variable.values();
  const first = own.slice();
  nodeinfo.broadcast(first);
  expect(own).to.deep.equal(first);
}
if (nodeinfo.rank === 0) await writeFile(file, JSON.stringify({ goesOn, losses }));
