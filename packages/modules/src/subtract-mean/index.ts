export { meanAround, oddSize } from './mean-around.js';
