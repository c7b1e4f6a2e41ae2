export * from './export/export-onnx.js';
export type { FileTensor } from './format/read-tensor.js';
export type { External } from './import/external.js';
export * from './import/from-onnx.js';
export { Operation, type HeldInput, type OperationOptions } from './import/operation.js';
export * from './import/read-onnx.js';
export * from './onnx-error.js';
