export { Padding, paddingOptions } from './padding.js';
