export { avgPool } from './avg-pool-2d.op.js';
