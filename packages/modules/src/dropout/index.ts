export { dropout } from './dropout.op.js';
