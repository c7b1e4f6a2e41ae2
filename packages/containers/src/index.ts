export * from './sequential.js';
