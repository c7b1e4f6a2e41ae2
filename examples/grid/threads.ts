// Runs the training on threads of one process.
//   npm start -- [RANKS] [SAMPLES] [EPOCHS]
import { Grid } from '@tessera-nn/grid';

const [ranks = '2', ...args] = process.argv.slice(2);
await Grid.run(new URL('./train.mjs', import.meta.url), { ranks: Number(ranks), args });
