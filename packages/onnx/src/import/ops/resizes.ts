import { matmul, Variable } from '@tessera-nn/core';
import { Upsample2D } from '@tessera-nn/modules';
import { sameSize, type Size } from '@tessera-nn/core/internal';
import { FREE, type OpenSize } from '../host-array.js';
import type { NodeReading } from '../node-reading.js';
import { operator, type Operator } from '../operator.js';
import { resizeMatrix, type Sampling } from './resize-matrix.js';

/** An axis that gets another length: so many times its own, or one that the file says. */
type Resized = { readonly axis: number; readonly scale: number } | { readonly axis: number; readonly size: number };

interface Resizing extends Record<string, unknown> {
  axes: Resized[];
  sampling: Sampling;
}

/** Counts lengths up by this before they are cut: 1/3 three times is 1. */
const ROUNDING = 1e-6;

const lengthAfter = (one: Resized, length: number): number =>
  'size' in one ? one.size : Math.floor(length * one.scale + ROUNDING);

/** The factors of older and newer files. */
function factorsOf(at: NodeReading): readonly number[] | undefined {
  const attribute = at.floats('scales');
  if (attribute && attribute.length > 0) return attribute;
  const place = at.node.opType === 'Upsample' || at.opset < 11 ? 1 : 2;
  const factors = at.given(place) ? at.numbers(place, 'scales') : [];
  return factors.length > 0 ? factors : undefined;
}

function resizedAxes(at: NodeReading): Resized[] {
  const axes = at.ints('axes')?.map((axis) => at.axis(axis));
  const axisOf = (i: number) => (axes && axes.length > 0 ? axes[i]! : i);
  const factors = factorsOf(at);
  if (factors) return factors.map((scale, i) => ({ axis: axisOf(i), scale })).filter(({ scale }) => scale !== 1);
  const shape = at.shape(0);
  const isKept = (size: OpenSize, axis: number) =>
    size !== FREE && shape[axis] !== FREE && sameSize(size, shape[axis] as Size);
  return at.sizes(3, 'sizes').flatMap((size, i) => {
    const axis = axisOf(i);
    return isKept(size, axis) ? [] : [{ axis, size: at.settled([size])[0]! }];
  });
}

function samplingOf(at: NodeReading): Sampling {
  const isOld = at.node.opType === 'Upsample' || at.opset < 11;
  const mode = at.text('mode', 'nearest');
  const kinds: Record<string, Sampling['mode']> = {
    nearest: 'nearest',
    linear: 'linear',
    bilinear: 'linear',
    cubic: 'cubic',
  };
  const placing = isOld ? 'asymmetric' : at.text('coordinate_transformation_mode', 'half_pixel');
  if (placing === 'tf_crop_and_resize' || placing === 'half_pixel_symmetric') at.lacks(`with ${placing}`);
  if (at.flag('antialias')) at.lacks('with antialias');
  if (at.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch') at.lacks('that keeps the aspect ratio');
  return {
    mode: kinds[mode] ?? at.lacks(`of mode ${mode}`),
    placing: placing as Sampling['placing'],
    rounding: (isOld ? 'floor' : at.text('nearest_mode', 'round_prefer_floor')) as Sampling['rounding'],
    cubic: at.float('cubic_coeff_a', -0.75),
    excludesOutside: at.flag('exclude_outside'),
  };
}

/** The module for whole factors of images, where pixels lie as they do there. */
function upsampling({ axes, sampling }: Resizing, at: NodeReading): Upsample2D | undefined {
  const factorOf = (axis: number) => {
    const one = axes.find((resized) => resized.axis === axis);
    return one ? ('scale' in one ? one.scale : NaN) : 1;
  };
  const scale: [number, number] = [factorOf(2), factorOf(3)];
  const isOfImages = at.rank(0) === 4 && axes.every(({ axis }) => axis >= 2) && scale.every(Number.isInteger);
  if (!isOfImages || at.input(0).dtype !== 'float32') return undefined;
  const { mode, placing, rounding } = sampling;
  if (mode === 'nearest') {
    const isBlock =
      (placing === 'asymmetric' && rounding === 'floor') || (placing === 'half_pixel' && rounding.startsWith('round'));
    return isBlock ? new Upsample2D({ scale, mode }) : undefined;
  }
  if (mode !== 'linear' || (placing !== 'half_pixel' && placing !== 'align_corners')) return undefined;
  return new Upsample2D({ scale, mode: 'bilinear', alignCorners: placing === 'align_corners' });
}

const resize: Operator = operator<Resizing>({
  attrs: (at) => ({ axes: resizedAxes(at), sampling: samplingOf(at) }),
  inputs: (at) => [at.input(0)],
  module: upsampling,
  shape: ([shape], { axes }) =>
    shape!.map((length, axis) => {
      const one = axes.find((resized) => resized.axis === axis);
      return one ? lengthAfter(one, length) : length;
    }),
  run: ([x], { axes, sampling }) => axes.reduce((y, one) => resizedAlong(y, one, sampling), x!),
});

/** The product with a matrix of weights along one axis. */
function resizedAlong(x: Variable, one: Resized, sampling: Sampling): Variable {
  const { axis } = one;
  const length = x.shape[axis]!;
  const after = lengthAfter(one, length);
  const scale = 'scale' in one ? one.scale : after / length;
  const weights = new Variable(resizeMatrix(length, after, scale, sampling), { shape: [length, after] });
  const order = [...x.shape.keys()].filter((other) => other !== axis).concat(axis);
  const back = order.map((_, at) => order.indexOf(at));
  return matmul(x.transpose(order), weights).transpose(back);
}

export const resizeOperators: Record<string, Operator> = { Resize: resize, Upsample: resize };
