export { Container } from './container.js';
export * from './graph/graph.js';
export * from './parallel.js';
export * from './sequential.js';
