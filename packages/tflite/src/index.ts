export * from './to-tflite.js';
export * from './tflite-error.js';
