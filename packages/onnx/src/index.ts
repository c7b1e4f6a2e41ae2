export * from './export/export-onnx.js';
export * from './import/from-onnx.js';
export { Operation, type HeldInput, type OperationOptions } from './import/operation.js';
export * from './onnx-error.js';
