export * from './export/export-onnx.js';
export * from './onnx-error.js';
