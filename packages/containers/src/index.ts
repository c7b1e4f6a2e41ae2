export { Container } from './container.js';
export * from './sequential.js';
