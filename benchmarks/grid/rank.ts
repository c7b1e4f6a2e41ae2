// What each rank runs: in turn, a step of rank 0 alone on a whole batch, and one of all on shares of it. Rank 0 writes the
// times into the file that is named first.
import { Grid } from '@tessera-nn/grid';
import { writeFile } from 'node:fs/promises';
import { startBackend } from 'tessera-nn';
import { cifarBatch } from '../cifar/batch.js';
import { oursStep } from '../cifar/ours.js';
import { alternate } from '../row.js';

const BATCH = 32;
const ROUNDS = 9;

const nodeinfo = await Grid.join();
const { rank, size } = nodeinfo;
await startBackend('wasm');
const [whole, share] = [oursStep(cifarBatch(BATCH)), oursStep(cifarBatch(BATCH / size), nodeinfo)];
const alone = async () => {
  if (rank === 0) await whole();
  nodeinfo.barrier();
};
const times = await alternate(share, alone, { rounds: ROUNDS });
if (rank === 0) await writeFile(process.argv[2]!, JSON.stringify(times));
