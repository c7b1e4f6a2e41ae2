// The companion of tfjs's wasm backend: SIMD kernels in AssemblyScript that work on the backend's own memory. Pointers
// come from JavaScript; nothing here allocates, and nothing may need a data segment or a stack, which would lie in
// memory that belongs to tfjs: no strings, no static arrays, no objects.
export * from './batch-norm';
export * from './blend';
export * from './convolution';
export * from './depthwise';
export * from './dropout';
export * from './extremes';
export * from './few-rows';
export * from './filter-gradient';
export * from './input-gradient';
export * from './matmul';
export * from './pooling';
export * from './prelu-slopes';
export * from './rectifiers';
export * from './softmax';
export { sumMiddle } from './sums';
export { packWinograd, winograd } from './winograd';
export * from './winograd-filter';
