export { OfAxes } from './of-axes.js';
