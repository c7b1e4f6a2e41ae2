export { declaredKernels } from './kernel.js';
