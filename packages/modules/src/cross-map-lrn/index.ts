export { responseOptions, ResponseNorm, type Response } from './response-norm.js';
