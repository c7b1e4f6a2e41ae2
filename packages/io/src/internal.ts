export { crc32c } from './checksum.js';
export { tensorsOfTfjs } from './keras/keras-file.js';
export { readOptimizer } from './optimizer/load-optimizer.js';
export { readTensors } from './weights/read-tensors.js';
export { readZip } from './zip/read-zip.js';
export { writeZip } from './zip/write-zip.js';
