export { Container } from './container.js';
export * from './draw/draw.js';
export * from './graph/graph.js';
export * from './parallel.js';
export * from './sequential.js';
export * from './to-graph/to-graph.js';
