export { numbersAs } from './cast.op.js';
