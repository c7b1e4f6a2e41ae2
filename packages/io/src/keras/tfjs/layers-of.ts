// What modules are in tfjs-layers. What is not in this table, tfjs-layers has no layer for.
import type { AnyModule, Variable } from '@tessera-nn/core';
import * as modules from '@tessera-nn/modules';
import { permute } from '../../weights/fit.js';
import { Lack } from '../layer-options.js';
import type { Order } from '../row.js';
import { activationLayers } from './activation-layers.js';
import { paddedLayers, poolPadding, zerosAround } from './padding-layers.js';
import type { ModuleGiven, WrittenLayer, WrittenModule, WrittenWeight } from './written.js';

/** How modules of one class are written. */
export interface ModuleRow {
  /** Where the maps must be in what it reads; anywhere where it does not matter. */
  readonly takes?: Order;
  write(module: AnyModule, given: ModuleGiven): WrittenModule;
}

type ClassOf<M> = NewableFunction & { readonly className: string; readonly prototype: M };
type Write<M> = (module: M, given: ModuleGiven) => WrittenModule | WrittenLayer;

const row = <M extends AnyModule>(of: ClassOf<M>, takes: Order | undefined, write: Write<M>): [string, ModuleRow] => [
  of.className,
  {
    ...(takes === undefined ? {} : { takes }),
    write(module, given) {
      const written = write(module as M, given);
      return 'layers' in written ? written : { layers: [written] };
    },
  },
];

/** An axis of ours, the batch being 0, where it is there. */
function axisThere(axis: number, { order, shape }: ModuleGiven): number {
  const here = axis < 0 ? axis + shape.length : axis;
  if (order === 'back' || shape.length < 3 || here === 0) return here;
  return here === 1 ? shape.length - 1 : here - 1;
}

/** [out, in, ...size] as [...size, in, out]. */
function kernelOf(variable: Variable, { values }: ModuleGiven): WrittenWeight {
  const axes = [...variable.shape.keys()].slice(2).concat(1, 0);
  return { shape: axes.map((axis) => variable.shape[axis]!), values: permute(values(variable), variable.shape, axes) };
}

/** [maps multiplier, 1, ...size] as [...size, maps, multiplier]. */
function kernelOfEach(variable: Variable, maps: number, { values }: ModuleGiven): WrittenWeight {
  const [all, , height, width] = variable.shape as [number, number, number, number];
  const shape = [maps, all / maps, height, width];
  const axes = [2, 3, 0, 1];
  return { shape: axes.map((axis) => shape[axis]!), values: permute(values(variable), shape, axes) };
}

const vector = (variable: Variable, { values }: ModuleGiven): WrittenWeight => ({
  shape: [variable.size],
  values: values(variable),
});
const withBias = (b: Variable | null, given: ModuleGiven) => (b ? { bias: vector(b, given) } : {});

type Convolution = modules.Conv1D | modules.Conv2D | modules.Conv3D | modules.DepthwiseConv2D;

function convolution(module: Convolution, given: ModuleGiven): WrittenModule {
  const { window, groups, inmaps, outmaps, useBias, W, b } = module;
  const axes = window.size.length;
  const { before, padding } = paddedLayers(window, given);
  const config = {
    kernel_size: window.size,
    strides: window.stride,
    dilation_rate: window.dilation,
    padding,
    use_bias: useBias,
  };
  if (groups === inmaps && axes === 2 && inmaps > 1) {
    const weights = { depthwise_kernel: kernelOfEach(W, inmaps, given), ...withBias(b, given) };
    const layer = { className: 'DepthwiseConv2D', config: { ...config, depth_multiplier: outmaps / inmaps }, weights };
    return { layers: [...before, layer] };
  }
  if (groups > 1) throw new Lack(`with ${groups} groups`);
  const weights = { kernel: kernelOf(W, given), ...withBias(b, given) };
  return { layers: [...before, { className: `Conv${axes}D`, config: { ...config, filters: outmaps }, weights }] };
}

function separable({ depthwise, pointwise }: modules.SeparableConv2D, given: ModuleGiven): WrittenModule {
  const { window, inmaps, multiplier, W } = depthwise;
  const { before, padding } = paddedLayers(window, given);
  const sizes = { kernel_size: window.size, strides: window.stride, dilation_rate: window.dilation, padding };
  const config = { ...sizes, filters: pointwise.outmaps, depth_multiplier: multiplier, use_bias: pointwise.useBias };
  const weights = {
    depthwise_kernel: kernelOfEach(W, inmaps, given),
    pointwise_kernel: kernelOf(pointwise.W, given),
    ...withBias(pointwise.b, given),
  };
  return { layers: [...before, { className: 'SeparableConv2D', config, weights }] };
}

function transposed(module: modules.Deconv2D | modules.Deconv3D, given: ModuleGiven): WrittenLayer {
  const { window, groups, outmaps, useBias, postpad, W, b } = module;
  const { size, stride, pad, dilation } = window;
  if (groups > 1 || dilation.some((step) => step > 1)) throw new Lack('with groups or a dilation');
  const isSame =
    pad === 'same' ||
    pad.every(([before, behind], axis) => {
      const around = size[axis]! - stride[axis]!;
      return around >= 0 && before === Math.floor(around / 2) && before + behind === around && postpad[axis] === 0;
    });
  const reaches = (length: number, axis: number) => postpad[axis] === Math.max(0, stride[axis]! - length);
  const isValid = pad !== 'same' && pad.every((sides) => sides.every((width) => width === 0)) && size.every(reaches);
  if (!isSame && !isValid) throw new Lack('with a pad or a postpad that tfjs-layers does not know');
  return {
    className: `Conv${size.length}DTranspose`,
    config: {
      filters: outmaps,
      kernel_size: size,
      strides: stride,
      padding: isValid ? 'valid' : 'same',
      use_bias: useBias,
    },
    weights: { kernel: kernelOf(W, given), ...withBias(b, given) },
  };
}

function linear({ W, b, outsize, useBias, transpose }: modules.Linear, { values }: ModuleGiven): WrittenLayer {
  const kernel = transpose
    ? { shape: [...W.shape].reverse(), values: permute(values(W), W.shape, [1, 0]) }
    : { shape: W.shape, values: values(W) };
  const bias = b ? { bias: { shape: b.shape, values: values(b) } } : {};
  return { className: 'Dense', config: { units: outsize, use_bias: useBias }, weights: { kernel, ...bias } };
}

function batchNorm(module: modules.BatchNorm2D, given: ModuleGiven): WrittenLayer {
  const { scale, bias, mean, var: variance, epsilon, minFactor } = module;
  return {
    className: 'BatchNormalization',
    config: { axis: -1, epsilon, momentum: 1 - minFactor },
    weights: {
      gamma: vector(scale, given),
      beta: vector(bias, given),
      moving_mean: vector(mean, given),
      moving_variance: vector(variance, given),
    },
  };
}

function layerNorm({ shape, scale, bias, epsilon }: modules.LayerNorm, given: ModuleGiven): WrittenLayer {
  const axis = shape.map((_, i) => given.shape.length - shape.length + i);
  const own = (variable: Variable) => ({ shape, values: given.values(variable) });
  const weights = { ...(scale ? { gamma: own(scale) } : {}), ...(bias ? { beta: own(bias) } : {}) };
  return {
    className: 'LayerNormalization',
    config: { axis, epsilon, center: bias !== null, scale: scale !== null },
    weights,
  };
}

function slopes(module: modules.PRelu | modules.PReLU, given: ModuleGiven): WrittenLayer {
  const [learned] = [...module.parameters()] as [Variable];
  const values = given.values(learned);
  const sample = given.shape.slice(1);
  const axes = sample.length > 1 ? [...sample.keys()].slice(1).concat(0) : [0];
  const { table, shared } = slopeTable(module, learned, sample);
  const alpha = { shape: axes.map((axis) => table[axis]!), values: permute(values, table, axes) };
  const shared_axes = axes.flatMap((axis, i) => (shared(axis) ? [i + 1] : []));
  return {
    className: 'PReLU',
    config: { shared_axes: shared_axes.length > 0 ? shared_axes : null },
    weights: { alpha },
  };
}

/** The shape of slopes along the axes of a sample, and which of these share them. */
function slopeTable(module: modules.PRelu | modules.PReLU, { shape, size }: Variable, sample: readonly number[]) {
  if (module.sampleShape) return { table: shape, shared: (axis: number) => shape[axis] === 1 && sample[axis] !== 1 };
  const along = module.sharedMaps ? -1 : (module.axis < 0 ? module.axis + sample.length + 1 : module.axis) - 1;
  const table = sample.map((_, axis) => (axis === along ? size : 1));
  return { table, shared: (axis: number) => axis !== along };
}

type Largest = modules.MaxPool1D | modules.MaxPool2D | modules.MaxPool3D;
type Average = modules.AvgPool1D | modules.AvgPool2D | modules.AvgPool3D;

const largest = ({ window }: Largest): WrittenLayer => ({
  className: `MaxPooling${window.size.length}D`,
  config: { pool_size: window.size, strides: window.stride, padding: poolPadding(window) },
});

function average({ window, includePad }: Average, given: ModuleGiven): WrittenModule {
  const axes = window.size.length;
  if (window.pad === 'same' && includePad) throw new Lack('that counts its padding');
  const isPadded = window.pad !== 'same' && window.pad.some((sides) => sides.some((width) => width > 0));
  if (isPadded && !includePad) throw new Lack('with a pad that does not count');
  const { before, padding } = isPadded ? paddedLayers(window, given) : { before: [], padding: poolPadding(window) };
  const config = { pool_size: window.size, strides: window.stride, padding };
  return { layers: [...before, { className: `AveragePooling${axes}D`, config }] };
}

const overAll =
  (className: string) =>
  ({ keepDims }: { readonly keepDims: boolean }, { shape }: ModuleGiven): WrittenModule => {
    const pixel = { className: 'Reshape', config: { target_shape: [1, 1, shape[1]] } };
    return { layers: [{ className }, ...(keepDims ? [pixel] : [])] };
  };

function reshaping({ after, shape }: ModuleGiven): WrittenModule {
  if (after[0] !== shape[0]) throw new Lack('that changes the batch');
  return { layers: [{ className: 'Reshape', config: { target_shape: after.slice(1) } }], order: 'back' };
}

/** @param axes the axis of what comes in, for each of what comes out, as they are here. */
function transposing(axes: readonly number[], given: ModuleGiven): WrittenModule {
  const last = given.shape.length - 1;
  const isMove = (src: number, dst: number) => axes.every((axis, i) => axis === moved(i, src, dst));
  // The way in which the maps lie here alone.
  if (given.order === 'front' && isMove(1, last)) return { layers: [], order: 'back' };
  if (given.order === 'back' && isMove(last, 1)) return { layers: [], order: 'front' };
  if (axes[0] !== 0) throw new Lack('that moves the batch');
  const dims = axes.slice(1).map((axis) => axisThere(axis, given));
  return { layers: [{ className: 'Permute', config: { dims } }], order: 'back' };
}

/** Which axis comes at a place where one axis moves. */
function moved(place: number, src: number, dst: number): number {
  if (place === dst) return src;
  if (place >= src && place < dst) return place + 1;
  return place > dst && place <= src ? place - 1 : place;
}

function moveOrder(module: modules.MoveAxis, { shape }: ModuleGiven): number[] {
  const distinct = shape.map((_, axis) => axis + 2);
  return module.dataShapeFrom(distinct).map((size) => size - 2);
}

function recurrent(className: string, module: modules.LSTM | modules.RNN, { values }: ModuleGiven): WrittenLayer {
  const { layers, direction, batchFirst, hsize, getSequences, useBias } = module;
  if (layers > 1 || direction === 'bi' || !batchFirst)
    throw new Lack('with several layers, both directions or the time in front');
  const matrix = (name: string) => {
    const W = module.getVar(`${name}_l0`);
    return { shape: [...W.shape].reverse(), values: permute(values(W), W.shape, [1, 0]) };
  };
  const [ofInput, ofState] = useBias ? ['bias_ih_l0', 'bias_hh_l0'].map((name) => values(module.getVar(name))) : [];
  const bias =
    ofInput && ofState ? { bias: { shape: [ofInput.length], values: ofInput.map((b, i) => b + ofState[i]!) } } : {};
  const functions =
    module instanceof modules.RNN
      ? { activation: module.mode }
      : { activation: 'tanh', recurrent_activation: 'sigmoid' };
  return {
    className,
    config: { units: hsize, return_sequences: getSequences, use_bias: useBias, ...functions },
    weights: { kernel: matrix('weight_ih'), recurrent_kernel: matrix('weight_hh'), ...bias },
  };
}

const rate =
  (className: string) =>
  ({ p }: { readonly p: number }): WrittenLayer => ({ className, config: { rate: p } });

function zeroPadding({ sides, mode, fillValue }: modules.Pad1D | modules.Pad2D, { shape }: ModuleGiven): WrittenModule {
  if (mode !== 'constant' || fillValue !== 0) throw new Lack('with something else than zeros');
  return { layers: zerosAround(sides, shape) };
}

function upsampling({ placing, scale }: modules.Upsample2D): WrittenLayer {
  if (placing !== 'nearest') throw new Lack('that is bilinear, which tfjs-layers does in a way of its own');
  return { className: 'UpSampling2D', config: { size: scale, interpolation: 'nearest' } };
}

const embedding = ({ W }: modules.Embedding | modules.Embedder, { values }: ModuleGiven): WrittenLayer => ({
  className: 'Embedding',
  config: { input_dim: W.shape[0], output_dim: W.shape[1] },
  weights: { embeddings: { shape: W.shape, values: values(W) } },
});

const rows = new Map<string, ModuleRow>([
  row(modules.Linear, 'back', linear),
  row(modules.Conv1D, 'front', convolution),
  row(modules.Conv2D, 'front', convolution),
  row(modules.Conv3D, 'front', convolution),
  row(modules.DepthwiseConv2D, 'front', convolution),
  row(modules.SeparableConv2D, 'front', separable),
  row(modules.Deconv2D, 'front', transposed),
  row(modules.Deconv3D, 'front', transposed),
  row(modules.BatchNorm1D, 'front', batchNorm),
  row(modules.BatchNorm2D, 'front', batchNorm),
  row(modules.BatchNorm3D, 'front', batchNorm),
  row(modules.LayerNorm, 'back', layerNorm),
  row(modules.PRelu, 'front', slopes),
  row(modules.PReLU, 'front', slopes),
  row(modules.Activation, undefined, (module, given) => ({ layers: activationLayers(module), order: given.order })),
  row(modules.SoftMax, undefined, ({ axis }, given) => ({
    className: 'Softmax',
    config: { axis: axisThere(axis, given) },
  })),
  row(modules.MaxPool1D, 'front', largest),
  row(modules.MaxPool2D, 'front', largest),
  row(modules.MaxPool3D, 'front', largest),
  row(modules.AvgPool1D, 'front', average),
  row(modules.AvgPool2D, 'front', average),
  row(modules.AvgPool3D, 'front', average),
  row(modules.GlobalAvgPool2D, 'front', overAll('GlobalAveragePooling2D')),
  row(modules.GlobalMaxPool2D, 'front', overAll('GlobalMaxPooling2D')),
  row(modules.Flatten, 'back', () => ({ className: 'Flatten' })),
  row(modules.Reshape, 'back', (_, given) => reshaping(given)),
  row(modules.Transpose, undefined, ({ axes }, given) => transposing(axes ?? [...given.shape.keys()].reverse(), given)),
  row(modules.MoveAxis, undefined, (module, given) => transposing(moveOrder(module, given), given)),
  row(modules.Add, undefined, () => ({ className: 'Add' })),
  row(modules.Mul, undefined, () => ({ className: 'Multiply' })),
  row(modules.Concat, undefined, ({ axis }, given) => ({
    className: 'Concatenate',
    config: { axis: axisThere(axis, given) },
  })),
  row(modules.MulAddConst, undefined, ({ a, b }) => ({ className: 'Rescaling', config: { scale: a, offset: b } })),
  row(modules.Pad1D, 'front', zeroPadding),
  row(modules.Pad2D, 'front', zeroPadding),
  row(modules.Upsample2D, 'front', upsampling),
  row(modules.Dropout, undefined, rate('Dropout')),
  row(modules.AlphaDropout, undefined, rate('AlphaDropout')),
  row(modules.Dropout1D, 'front', rate('SpatialDropout1D')),
  row(modules.Embedding, 'back', embedding),
  row(modules.Embedder, 'back', embedding),
  row(modules.LSTM, 'back', (module, given) => recurrent('LSTM', module, given)),
  row(modules.RNN, 'back', (module, given) => recurrent('SimpleRNN', module, given)),
  row(modules.Identity, undefined, () => ({ layers: [] })),
]);

/** How a module is written; undefined where tfjs-layers has no layer for it. */
export const moduleRow = (module: AnyModule): ModuleRow | undefined =>
  rows.get((module.constructor as unknown as { className?: string }).className ?? '');
