export { isRecorded } from './autograd/op.js';
export { physicalShape, relayout } from './layout.js';
export { compound } from './memory/frame.js';
export { Storage } from './memory/storage.js';
export {
  isList,
  isListOfSources,
  isShapeList,
  mapData,
  readData,
  shapeOf,
  shapeText,
  variablesIn,
} from './module/data.js';
export { moduleBlueprints } from './module/write-blueprint.js';
export { concatShape, splitShapes } from './ops/concat.js';
export { hash32 } from './random.js';
export { readHostData } from './variable/array-data.js';
export { aliasOf, settle } from './variable/inside.js';
