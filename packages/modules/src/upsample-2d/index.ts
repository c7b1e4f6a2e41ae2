export { Upsampling, upsamplingChoices } from './upsampling.js';
