import { add, reshape, transpose, type Variable } from '@tessera-nn/core';
import { geometryOf, ALONE, type Along } from '../window/window.js';
import { atDepths, eachDepth } from '../window/by-depth.op.js';
import { conv2d, inputGradient } from './convolution.op.js';
import { depthTaps, depthTapsGradient } from './depth-taps.op.js';

/**
 * Cross-correlation of [batch, maps, ...space] with [outMaps, maps / groups, ...size], plus a bias: of images; of sequences
 * as images one high; of volumes with the taps along their depth as maps of images.
 */
export function convolve(
  x: Variable,
  filter: Variable,
  bias: Variable | null,
  axes: readonly Along[],
  groups: number,
): Variable {
  const [depth, rows, columns] = axesOf(axes);
  const geometry = { ...geometryOf(rows, columns), groups };
  if (axes.length === 2) return conv2d(x, filter, bias, geometry);
  if (axes.length === 1) return asSequences(conv2d(asImages(x), asImages(filter), bias, geometry));
  const images = isAlone(depth) ? eachDepth(x) : depthTaps(x, depth, groups);
  return atDepths(conv2d(images, besideMaps(filter), bias, geometry), depth.places);
}

/** The way back: what inputs of a shape get of the gradient `x` of the result of `convolve`, plus a bias for each map. */
export function convolveBack(
  x: Variable,
  filter: Variable,
  bias: Variable | null,
  axes: readonly Along[],
  groups: number,
  shape: readonly number[],
): Variable {
  const [depth, rows, columns] = axesOf(axes);
  const geometry = { ...geometryOf(rows, columns), groups };
  const [batch, maps, ...lengths] = shape as [number, number, ...number[]];
  const [height, width] = [lengths.at(-2) ?? 1, lengths.at(-1)!];
  const back = (): Variable => {
    if (axes.length === 2) return inputGradient(x, filter, shape, geometry);
    if (axes.length === 1)
      return asSequences(inputGradient(asImages(x), asImages(filter), [batch, maps, 1, width], geometry));
    const images = [batch * depth.places, maps * depth.size, height, width];
    const taps = inputGradient(eachDepth(x), besideMaps(filter), images, geometry);
    return isAlone(depth) ? atDepths(taps, lengths[0]!) : depthTapsGradient(taps, depth, groups, shape);
  };
  return bias ? add(back(), reshape(bias, [1, maps, ...lengths.map(() => 1)])) : back();
}

/** Windows along depth, rows and columns. */
const axesOf = (axes: readonly Along[]): [Along, Along, Along] =>
  [ALONE, ALONE, ...axes].slice(-3) as [Along, Along, Along];

const isAlone = ({ size, stride, before, behind }: Along) => size * stride === 1 && before + behind === 0;

const asImages = (x: Variable): Variable => reshape(x, [x.shape[0]!, x.shape[1]!, 1, x.shape[2]!]);

const asSequences = (x: Variable): Variable => reshape(x, [x.shape[0]!, x.shape[1]!, x.shape[3]!]);

/** The taps of filters along the depth as maps: [outMaps, maps, depth, height, width] to [outMaps, depth maps, height, width]. */
function besideMaps(filter: Variable): Variable {
  const [outMaps, maps, depth, height, width] = filter.shape;
  return reshape(transpose(filter, [0, 2, 1, 3, 4]), [outMaps!, depth! * maps!, height!, width!]);
}
