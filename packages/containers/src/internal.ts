export { labelOf } from './draw/mermaid.js';
export { pictureOf, type PictureNode } from './draw/picture.js';
