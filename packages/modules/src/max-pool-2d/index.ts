export { maxPool } from './max-pool-2d.op.js';
