import { defineOp, sum, type Op, type Variable } from '@tessera/core';
import { conv2d as convolve, conv2dFilterGradient, conv2dInputGradient, type ConvGeometry } from '@tessera/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';

const inputGradient = defineOp<ConvGeometry & { inputShape: readonly number[] }, Tensor>({
  name: 'conv2d input gradient',
  layout: ['channelsLast', 'filter'],
  forward: (_, [dy, filter], { inputShape, ...geometry }) => conv2dInputGradient(dy!, filter!, geometry, inputShape),
});

const filterGradient = defineOp<ConvGeometry & { filterShape: readonly number[] }, Tensor>({
  name: 'conv2d filter gradient',
  layout: 'channelsLast',
  gives: 'filter',
  forward: (_, [x, dy], { filterShape, ...geometry }) => conv2dFilterGradient(x!, dy!, geometry, filterShape),
});

const conv2dOp: Op<ConvGeometry, Tensor> = defineOp<ConvGeometry, Tensor>({
  name: 'conv2d',
  layout: ['channelsLast', 'filter', 'logical'],
  forward: (context, [x, filter, bias], geometry) => {
    context.saveInputs(0, 1);
    return convolve(x!, filter!, bias, geometry);
  },
  backward: ({ attrs, input, inputShapes, needsGrad }, [g]) => {
    const [n, c, h, w] = inputShapes[0] as [number, number, number, number];
    const [o, i, kh, kw] = inputShapes[1] as [number, number, number, number];
    return [
      needsGrad[0] ? inputGradient([g!, input(1)], { ...attrs, inputShape: [n, h, w, c] }) : null,
      needsGrad[1] ? filterGradient([input(0), g!], { ...attrs, filterShape: [kh, kw, i, o] }) : null,
      needsGrad[2] ? sum(g!, [0, 2, 3]) : null,
    ];
  },
});

/** Cross-correlation of [batch, maps, height, width] with [outMaps, maps / groups, height, width], plus a bias. */
export function conv2d(x: Variable, filter: Variable, bias: Variable | null, geometry: ConvGeometry): Variable {
  return conv2dOp(bias ? [x, filter, bias] : [x, filter], geometry);
}
