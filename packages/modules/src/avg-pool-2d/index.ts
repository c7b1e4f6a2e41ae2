export { avgPool } from './avg-pool-2d.op.js';
export { AvgPooling, includePad } from './avg-pooling.js';
export { sumOver } from './mean-over.js';
