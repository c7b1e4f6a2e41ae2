export * from './arithmetic/arithmetic.js';
export * from './backend.js';
export * from './conv2d/conv2d.js';
export * from './options/index.js';
export * from './conv2d/geometry.js';
export { disposeSymbol } from './dispose-symbol.js';
export * from './elementwise/elementwise.js';
export * from './errors.js';
/** What formulas are written with. */
export * as formula from './formula/formula.js';
export { derivative, gradientThrough, isZero } from './formula/differentiate.js';
export { isBounded } from './formula/reach.js';
export { functionsUsed } from './formula/numerics.glsl.js';
export { inputsOf, type Condition, type Formula } from './formula/formula.js';
export { defineKernel, kernelReport, runKernel, type Kernel } from './kernel.js';
export type { KernelInputs, OutputSpec } from './kernel-inputs.js';
export { cumulativeSum } from './cumulative-sum/cumulative-sum.js';
export { argExtremeTensor, extremeTensor } from './extreme/extreme.js';
export { batchMatmulKernel } from './matmul/batch-matmul.js';
export { gatherTensor, scatterAddTensor } from './gather/gather.js';
export { scatterAlongTensor, takeAlongTensor } from './gather/take-along.js';
export { matmulKernel } from './matmul/matmul.js';
export type { MatmulAttrs, MatmulInputs } from './matmul/matmul-inputs.js';
export * from './shapes.js';
export { softmaxGradientKernel, softmaxKernel, type SoftmaxAttrs } from './softmax/softmax.js';
export { sumKernel } from './sum/sum.js';
export type { SumAttrs } from './sum/sum-attrs.js';
export { useCompanion, type CompanionArguments, type CompanionBody } from './wasm/companion.js';
export type { CompanionFunctions, PoolWindow } from './wasm/companion-functions.js';
export type { LoopArguments, Loops } from './wasm/loops.js';
export { setThreads, threads } from './wasm/threads.js';
export { elementwiseLaunch, type ElementwiseCode } from './webgl/elementwise-launch.js';
export { repeat } from './webgl/drawing/shader-text.js';
export { reduceLaunch, type ReduceCode } from './webgl/reduce-launch.js';
export { reductionOf } from './webgl/glsl/reduction.js';
export { alignRows, packRows } from './webgl/textures/aligned-rows.js';
export { imageFormOf, type ImageForm } from './conv2d/image-reader.webgl.js';
export { readFromZero, readValues, valueOf, valuesOf } from './webgl/glsl/read-values.js';
export { compileAhead } from './webgl/drawing/compile-ahead.js';
export { allFilled, onWorkbench, type TensorTexture, type Workbench } from './webgl/drawing/workbench.js';
export { drawAs, useLauncher, launcher } from './webgl/drawing/find-launcher.js';
export { assertTrains } from './webgl/drawing/context.js';
export { readBack } from './webgl/textures/read-back.js';
export { sumRows } from './sum/sum.webgl.js';
export {
  concatTensors,
  flatly,
  flipTensor,
  padTensor,
  repeatTensor,
  sliceTensor,
  splitTensor,
  stackTensors,
} from './shape/any-rank.js';
export { reshapeTensor } from './shape/reshape.js';
export { transposeTensor } from './shape/transpose.js';
