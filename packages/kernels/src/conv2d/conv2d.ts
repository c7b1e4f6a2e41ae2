import { add, concat, engine, slice, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { defineKernel, runKernel } from '../kernel.js';
import { stock } from '../wasm/stock.js';
import { conv2dCompanion, conv2dFilterGradientCompanion, conv2dInputGradientCompanion } from './conv2d.companion.js';
import { conv2dFilterGradientWebgl } from './conv2d-filter-gradient.webgl.js';
import { conv2dFilterGradientWasm } from './conv2d-filter-gradient.wasm.js';
import { conv2dInputGradientWasm } from './conv2d-input-gradient.wasm.js';
import { conv2dInputGradientWebgl, conv2dWebgl } from './conv2d.webgl.js';
import { dilateFilter, takeTaps } from './dilated-filter.js';
import {
  positions,
  stockWindow,
  type ConvGeometry,
  type FilterGradient,
  type FilterGradientAttrs,
  type Forward,
  type InputGradient,
  type InputGradientAttrs,
  type WindowGeometry,
} from './geometry.js';
import { imageShape } from '../shapes.js';

/**
 * y[n, oh, ow, o] = bias[o] + sum of x[n, oh sh + i dh - top, ow sw + j dw - left, c] filter[i, j, c, o], over the maps c
 * of the group of o; the filter counts them from the group's first.
 */
export const conv2dKernel = defineKernel<Forward, ConvGeometry, Tensor>({
  name: 'Conv2D',
  outputs: ({ x, filter }, geometry) => ({ shape: outputShape(x.shape, filter.shape, geometry) }),
  compose: ({ x, filter, bias }, geometry) => {
    if (geometry.groups > 1) {
      const y = byGroup(geometry, (part, window) => conv2d(part(x), part(filter), undefined, window));
      return bias ? add(y, bias) : y;
    }
    const y: Tensor = engine().runKernel('Conv2D', { x, filter }, stockWindow(geometry));
    return bias ? add(y, bias) : y;
  },
  companion: conv2dCompanion,
  wasm: ({ x, filter, bias }, geometry) => {
    if (geometry.groups > 1) return undefined;
    return bias
      ? stock('FusedConv2D', { x, filter, bias }, { ...stockWindow(geometry), activation: 'linear' })
      : stock('Conv2D', { x, filter }, stockWindow(geometry));
  },
  webgl: (inputs, geometry) =>
    conv2dWebgl(inputs, geometry, outputShape(inputs.x.shape, inputs.filter.shape, geometry)),
});

/** The gradient of a convolution in its input: dy spread back over the places it came from. */
export const conv2dInputGradientKernel = defineKernel<InputGradient, InputGradientAttrs, Tensor>({
  name: 'Conv2DInputGradient',
  outputs: (_, { inputShape }) => ({ shape: inputShape }),
  compose: ({ dy, filter }, { inputShape, ...geometry }) =>
    geometry.groups > 1
      ? byGroup(geometry, (part, window) =>
          conv2dInputGradient(part(dy), part(filter), window, groupShape(inputShape, geometry)),
        )
      : engine().runKernel(
          'Conv2DBackpropInput',
          { dy, filter: dilateFilter(filter, geometry.dilations) },
          { ...stockWindow({ ...geometry, dilations: [1, 1] }), inputShape: [...inputShape] },
        ),
  companion: conv2dInputGradientCompanion,
  wasm: ({ dy, filter }, attrs) => (attrs.groups === 1 ? conv2dInputGradientWasm(dy, filter, attrs) : undefined),
  webgl: ({ dy, filter }, attrs) => conv2dInputGradientWebgl(dy, filter, attrs),
});

/** The gradient of a convolution in its filter: the correlation of its input with dy. */
export const conv2dFilterGradientKernel = defineKernel<FilterGradient, FilterGradientAttrs, Tensor>({
  name: 'Conv2DFilterGradient',
  outputs: (_, { filterShape }) => ({ shape: filterShape }),
  compose: ({ x, dy }, { filterShape, ...geometry }) => {
    if (geometry.groups > 1) {
      return byGroup(geometry, (part, window) =>
        conv2dFilterGradient(part(x), part(dy), window, groupShape(filterShape, geometry)),
      );
    }
    const [kh, kw, c, o] = imageShape(filterShape);
    const [dh, dw] = geometry.dilations;
    const spread: Tensor = engine().runKernel(
      'Conv2DBackpropFilter',
      { x, dy },
      {
        ...stockWindow({ ...geometry, dilations: [1, 1] }),
        filterShape: [dh * (kh - 1) + 1, dw * (kw - 1) + 1, c, o],
      },
    );
    return takeTaps(spread, geometry.dilations);
  },
  companion: conv2dFilterGradientCompanion,
  wasm: ({ x, dy }, attrs) => (attrs.groups === 1 ? conv2dFilterGradientWasm(x, dy, attrs) : undefined),
  webgl: ({ x, dy }, attrs) => conv2dFilterGradientWebgl(x, dy, attrs),
});

/** Convolution of channels-last images with an HWIO filter: the maps of group g see the inputs of group g only. */
export function conv2d(x: Tensor, filter: Tensor, bias: Tensor | undefined, geometry: ConvGeometry): Tensor {
  return runKernel(conv2dKernel, { x, filter, bias }, geometry);
}

/** dLoss/dx of `conv2d`, of shape `inputShape`. */
export function conv2dInputGradient(
  dy: Tensor,
  filter: Tensor,
  geometry: ConvGeometry,
  inputShape: readonly number[],
): Tensor {
  return runKernel(conv2dInputGradientKernel, { dy, filter }, { ...geometry, inputShape });
}

/** dLoss/dfilter of `conv2d`, of shape `filterShape` (HWIO; I counts the inputs of one group). */
export function conv2dFilterGradient(
  x: Tensor,
  dy: Tensor,
  geometry: ConvGeometry,
  filterShape: readonly number[],
): Tensor {
  return runKernel(conv2dFilterGradientKernel, { x, dy }, { ...geometry, filterShape });
}

/** Runs one group after the other; `part` cuts a group's share out of the last axis of a tensor. */
function byGroup(
  { groups, ...window }: ConvGeometry,
  run: (part: (tensor: Tensor) => Tensor, geometry: ConvGeometry) => Tensor,
): Tensor {
  const parts = Array.from({ length: groups }, (_, group) =>
    run(
      (tensor) => {
        const size = tensor.shape[3]! / groups;
        return slice(tensor as Tensor4D, [0, 0, 0, group * size], [-1, -1, -1, size]);
      },
      { ...window, groups: 1 },
    ),
  );
  return concat(parts, -1);
}

const groupShape = (shape: readonly number[], { groups }: ConvGeometry): number[] => [
  ...shape.slice(0, 3),
  shape[3]! / groups,
];

function outputShape(x: readonly number[], filter: readonly number[], geometry: WindowGeometry): number[] {
  const { strides, pads, dilations } = geometry;
  return [
    x[0]!,
    positions(x[1]!, filter[0]!, strides[0], pads[0] + pads[1], dilations[0]),
    positions(x[2]!, filter[1]!, strides[1], pads[2] + pads[3], dilations[1]),
    filter[3]!,
  ];
}
