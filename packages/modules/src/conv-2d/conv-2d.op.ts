import { defineOp, sum, type Op, type Variable } from '@tessera-nn/core';
import { physicalShape } from '@tessera-nn/core/internal';
import { conv2d as convolve, conv2dFilterGradient, conv2dInputGradient, type ConvGeometry } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';

type InputGradientAttrs = ConvGeometry & { inputShape: readonly number[] };
type FilterGradientAttrs = ConvGeometry & { filterShape: readonly number[] };

/** dx of dy and the filter. Convolution and its two gradients are bilinear: the gradients of each are the other two. */
const inputGradientOp: Op<InputGradientAttrs, Tensor> = defineOp<InputGradientAttrs, Tensor>({
  name: 'conv2d input gradient',
  layout: ['channelsLast', 'filter'],
  forward: (context, [dy, filter], { inputShape, ...geometry }) => {
    context.saveInputs(0, 1);
    return conv2dInputGradient(dy!, filter!, geometry, inputShape);
  },
  backward: ({ attrs: { inputShape: _, ...geometry }, input, needsGrad }, [u]) => [
    needsGrad[0] ? conv2dOp([u!, input(1)], geometry) : null,
    needsGrad[1] ? filterGradient(u!, input(0), input(1).shape, geometry) : null,
  ],
});

/** dfilter of x and dy. */
const filterGradientOp: Op<FilterGradientAttrs, Tensor> = defineOp<FilterGradientAttrs, Tensor>({
  name: 'conv2d filter gradient',
  layout: 'channelsLast',
  gives: 'filter',
  forward: (context, [x, dy], { filterShape, ...geometry }) => {
    context.saveInputs(0, 1);
    return conv2dFilterGradient(x!, dy!, geometry, filterShape);
  },
  backward: ({ attrs: { filterShape: _, ...geometry }, input, needsGrad }, [u]) => [
    needsGrad[0] ? inputGradient(input(1), u!, input(0).shape, geometry) : null,
    needsGrad[1] ? conv2dOp([input(0), u!], geometry) : null,
  ],
});

const conv2dOp: Op<ConvGeometry, Tensor> = defineOp<ConvGeometry, Tensor>({
  name: 'conv2d',
  layout: ['channelsLast', 'filter', 'logical'],
  forward: (context, [x, filter, bias], geometry) => {
    context.saveInputs(0, 1);
    return convolve(x!, filter!, bias, geometry);
  },
  backward: ({ attrs, input, inputShapes, needsGrad }, [g]) => [
    needsGrad[0] ? inputGradient(g!, input(1), inputShapes[0]!, attrs) : null,
    needsGrad[1] ? filterGradient(input(0), g!, inputShapes[1]!, attrs) : null,
    needsGrad[2] ? sum(g!, [0, 2, 3]) : null,
  ],
});

function inputGradient(dy: Variable, filter: Variable, shape: readonly number[], geometry: ConvGeometry): Variable {
  return inputGradientOp([dy, filter], { ...geometry, inputShape: physicalShape(shape, 'channelsLast') });
}

function filterGradient(x: Variable, dy: Variable, shape: readonly number[], geometry: ConvGeometry): Variable {
  return filterGradientOp([x, dy], { ...geometry, filterShape: physicalShape(shape, 'filter') });
}

/** Cross-correlation of [batch, maps, height, width] with [outMaps, maps / groups, height, width], plus a bias. */
export function conv2d(x: Variable, filter: Variable, bias: Variable | null, geometry: ConvGeometry): Variable {
  return conv2dOp(bias ? [x, filter, bias] : [x, filter], geometry);
}
