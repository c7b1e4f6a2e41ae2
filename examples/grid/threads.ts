// Runs the training on threads of one process.
//   npm start -- [RANKS] [SAMPLES] [EPOCHS]
import { Grid } from '@tessera-nn/grid';
import { numberArgument } from '../number-argument.js';

const [given, ...args] = process.argv.slice(2);
const ranks = numberArgument(given, 2, { name: 'ranks', from: 1 });
await Grid.run(new URL('./train.mjs', import.meta.url), { ranks, args });
