export { maxPool, maxUnpool } from './max-pool-2d.op.js';
export { MaxPooling } from './max-pooling.js';
