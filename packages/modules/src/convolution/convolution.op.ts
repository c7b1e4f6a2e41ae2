import { defineOp, sum, type Variable } from '@tessera-nn/core';
import { physicalShape } from '@tessera-nn/core/internal';
import { conv2d as convolve, conv2dFilterGradient, conv2dInputGradient, type ConvGeometry } from '@tessera-nn/kernels';

type InputGradientAttrs = ConvGeometry & { inputShape: readonly number[] };
type FilterGradientAttrs = ConvGeometry & { filterShape: readonly number[] };

/** dx of dy and the filter. Convolution and its two gradients are bilinear: the gradients of each are the other two. */
const inputGradientOp = defineOp({
  name: 'conv2d input gradient',
  inputs: ['dy', 'filter'],
  saves: ['dy', 'filter'],
  layout: { dy: 'channelsLast', filter: 'filter' },
  forward: ({ dy, filter }, { inputShape, ...geometry }: InputGradientAttrs) =>
    conv2dInputGradient(dy, filter, geometry, inputShape),
  gradients: (u, { dy, filter }, { inputShape: _, ...geometry }) => ({
    dy: () => conv2d(u, filter, null, geometry),
    filter: () => filterGradient(u, dy, filter.shape, geometry),
  }),
});

/** dfilter of x and dy. */
const filterGradientOp = defineOp({
  name: 'conv2d filter gradient',
  inputs: ['x', 'dy'],
  saves: ['x', 'dy'],
  layout: 'channelsLast',
  resultLayout: 'filter',
  forward: ({ x, dy }, { filterShape, ...geometry }: FilterGradientAttrs) =>
    conv2dFilterGradient(x, dy, geometry, filterShape),
  gradients: (u, { x, dy }, { filterShape: _, ...geometry }) => ({
    x: () => inputGradient(dy, u, x.shape, geometry),
    dy: () => conv2d(x, u, null, geometry),
  }),
});

const conv2dOp = defineOp({
  name: 'conv2d',
  inputs: ['x', 'filter'],
  optional: ['bias'],
  saves: ['x', 'filter'],
  layout: { x: 'channelsLast', filter: 'filter' },
  forward: ({ x, filter, bias }, geometry: ConvGeometry) => convolve(x, filter, bias ?? undefined, geometry),
  gradients: (g, { x, filter }, geometry) => ({
    x: () => inputGradient(g, filter, x.shape, geometry),
    filter: () => filterGradient(x, g, filter.shape, geometry),
    bias: () => sum(g, [0, 2, 3]),
  }),
});

/** What a convolution's images of a shape get back of the gradient of its result: convolution transposed. */
export function inputGradient(
  dy: Variable,
  filter: Variable,
  shape: readonly number[],
  geometry: ConvGeometry,
): Variable {
  return inputGradientOp({ dy, filter }, { ...geometry, inputShape: physicalShape(shape, 'channelsLast') });
}

function filterGradient(x: Variable, dy: Variable, shape: readonly number[], geometry: ConvGeometry): Variable {
  return filterGradientOp({ x, dy }, { ...geometry, filterShape: physicalShape(shape, 'filter') });
}

/** Cross-correlation of [batch, maps, height, width] with [outMaps, maps / groups, height, width], plus a bias. */
export function conv2d(x: Variable, filter: Variable, bias: Variable | null, geometry: ConvGeometry): Variable {
  return conv2dOp({ x, filter, bias }, geometry);
}
