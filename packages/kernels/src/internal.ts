export { declaredKernels } from './kernel.js';
export { namedErrors } from './named-errors.js';
export { inspectSymbol } from './inspect-symbol.js';
export { nodeModule } from './wasm/node.js';
export { checkDefinition, checkFunction, checkList, checkNumber, checkNumbers, plainBytes } from './options/given.js';
export { deviceClock, type DeviceTiming } from './profile/device-clock.js';
export {
  hasSpanWatcher,
  inSpan,
  watchingSpans,
  type SpanKind,
  type SpanPlace,
  type SpanWatcher,
} from './profile/spans.js';
export { HostCopies } from './webgl/textures/host-copies.js';
