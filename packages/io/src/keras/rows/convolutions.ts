import { permute } from '../../weights/fit.js';
import { Lack } from '../layer-options.js';
import type { LayerGiven, LayerRow, Made, Part, Weight, WeightName } from '../row.js';
import { inlineActivation } from './activations.js';
import { checkSpace } from './axes.js';

const kernelAndBias: readonly WeightName[] = [['kernel'], ['bias', 'use_bias']];
/** For single numbers where an option is for one axis. */
const extent = (sizes: readonly number[]) => (sizes.length === 1 ? sizes[0]! : sizes);

/** [...size, in, out] as [out, in, ...size]; of a transposed convolution, [...size, out, in] as [in, out, ...size]. */
const turned = ({ values, shape }: Weight) => {
  const axes = shape.length - 2;
  return permute(values, shape, [axes + 1, axes, ...Array.from({ length: axes }, (_, axis) => axis)]);
};

function windowOf({ options }: LayerGiven, axes: number, size: readonly number[]) {
  const stride = options.extents('strides', axes, 1);
  const dilation = options.extents('dilation_rate', axes, 1);
  const padding = options.choice('padding', axes === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same'], 'valid');
  const pad = padding === 'causal' ? [dilation[0]! * (size[0]! - 1), 0] : padding;
  return { size: extent(size), stride: extent(stride), pad, dilation: extent(dilation) };
}

const dense = (given: LayerGiven): Made => {
  const [kernel, bias] = [given.weight('kernel', 2), given.weightIf('bias')];
  const [insize, outsize] = kernel.shape as [number, number];
  const linear: Part = {
    className: 'Linear',
    options: { insize, outsize, useBias: bias !== undefined },
    values: { W: kernel.values, b: bias?.values },
  };
  return { parts: [linear, ...inlineActivation(given)] };
};

const convolution = (className: string, axes: number): LayerRow => ({
  weights: kernelAndBias,
  takes: 'front',
  make: (given) => {
    checkSpace(given, axes);
    const [kernel, bias] = [given.weight('kernel', axes + 2), given.weightIf('bias')];
    const [size, [each, outmaps]] = [kernel.shape.slice(0, axes), kernel.shape.slice(axes) as [number, number]];
    const groups = given.options.number('groups', 1);
    const options = {
      inmaps: each * groups,
      outmaps,
      groups,
      ...windowOf(given, axes, size),
      useBias: bias !== undefined,
    };
    return {
      parts: [{ className, options, values: { W: turned(kernel), b: bias?.values } }, ...inlineActivation(given)],
    };
  },
});

const transposed = (className: string, axes: number): LayerRow => ({
  weights: kernelAndBias,
  takes: 'front',
  make: (given) => {
    checkSpace(given, axes);
    const [kernel, bias] = [given.weight('kernel', axes + 2), given.weightIf('bias')];
    const [size, [outmaps, inmaps]] = [kernel.shape.slice(0, axes), kernel.shape.slice(axes) as [number, number]];
    const window = windowOf(given, axes, size);
    given.options.refuse('output_padding', [null]);
    if ([window.dilation].flat().some((step) => step !== 1)) throw new Lack('with a dilation');
    // Without a pad there are as many places there as the stride reaches, where it is longer than the filter.
    const stride = [window.stride].flat();
    const postpad = extent(
      size.map((length, axis) => (window.pad === 'same' ? 0 : Math.max(0, stride[axis]! - length))),
    );
    const options = { inmaps, outmaps, ...window, postpad, useBias: bias !== undefined };
    return {
      parts: [{ className, options, values: { W: turned(kernel), b: bias?.values } }, ...inlineActivation(given)],
    };
  },
});

/** [...size, maps, multiplier] as [maps multiplier, 1, ...size]. */
const ofEachMap = ({ values, shape }: Weight) => permute(values, shape, [2, 3, 0, 1]);

const depthwise = (given: LayerGiven): Made => {
  checkSpace(given, 2);
  const [kernel, bias] = [given.weight('kernel', 4), given.weightIf('bias')];
  const [maps, multiplier] = kernel.shape.slice(2) as [number, number];
  const options = { maps, multiplier, ...windowOf(given, 2, kernel.shape.slice(0, 2)), useBias: bias !== undefined };
  const part = { className: 'DepthwiseConv2D', options, values: { W: ofEachMap(kernel), b: bias?.values } };
  return { parts: [part, ...inlineActivation(given)] };
};

const separable = (given: LayerGiven): Made => {
  checkSpace(given, 2);
  const [depth, point] = [given.weight('depthwise_kernel', 4), given.weight('pointwise_kernel', 4)];
  const bias = given.weightIf('bias');
  const [inmaps, multiplier] = depth.shape.slice(2) as [number, number];
  const window = windowOf(given, 2, depth.shape.slice(0, 2));
  const options = { inmaps, outmaps: point.shape[3]!, multiplier, ...window, useBias: bias !== undefined };
  const values = { 'depthwise.W': ofEachMap(depth), 'pointwise.W': turned(point), 'pointwise.b': bias?.values };
  return { parts: [{ className: 'SeparableConv2D', options, values }, ...inlineActivation(given)] };
};

export const convolutionRows: Readonly<Record<string, LayerRow>> = {
  Dense: { weights: kernelAndBias, takes: 'back', make: dense },
  Conv1D: convolution('Conv1D', 1),
  Conv2D: convolution('Conv2D', 2),
  Conv3D: convolution('Conv3D', 3),
  Conv1DTranspose: transposed('Deconv1D', 1),
  Conv2DTranspose: transposed('Deconv2D', 2),
  Conv3DTranspose: transposed('Deconv3D', 3),
  DepthwiseConv2D: {
    weights: kernelAndBias,
    oldNames: { depthwise_kernel: 'kernel' },
    takes: 'front',
    make: depthwise,
  },
  SeparableConv2D: {
    weights: [['depthwise_kernel'], ['pointwise_kernel'], ['bias', 'use_bias']],
    takes: 'front',
    make: separable,
  },
};
