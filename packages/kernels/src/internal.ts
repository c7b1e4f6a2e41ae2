export { declaredKernels } from './kernel.js';
export { inspectSymbol } from './inspect-symbol.js';
export { nodeModule } from './wasm/node.js';
