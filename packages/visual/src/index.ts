export * from './charts/plot-activation.js';
export * from './charts/plot-confusion-matrix.js';
export * from './charts/plot-histogram.js';
export * from './charts/plot-history.js';
export * from './graph/draw-graph.js';
export { showImageBatch, type ShowImageBatchOptions } from './images/show-image-batch.js';
export * from './images/show-maps.js';
export { Picture, type CanvasOptions, type PngOptions, type SvgOptions } from './picture.js';
