export { declaredKernels } from './kernel.js';
export { inspectSymbol } from './inspect-symbol.js';
export { nodeModule } from './wasm/node.js';
export { checkBytes, checkDefinition, checkFunction, checkList, checkNumber, checkNumbers } from './options/given.js';
export { deviceClock, type DeviceTiming } from './profile/device-clock.js';
export {
  hasSpanWatcher,
  inSpan,
  watchingSpans,
  type SpanKind,
  type SpanPlace,
  type SpanWatcher,
} from './profile/spans.js';
