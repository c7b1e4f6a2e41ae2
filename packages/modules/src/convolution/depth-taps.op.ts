import { defineOp, type Op, type Variable } from '@tessera-nn/core';
import { physicalShape } from '@tessera-nn/core/internal';
import { concatTensors, defineKernel, padTensor, reshapeTensor, runKernel, sliceTensor } from '@tessera-nn/kernels';
import { addN, stridedSlice, type Tensor } from '@tensorflow/tfjs-core';
import type { Along } from '../window/window.js';

/** Volumes as kernels see them: [batch, depth, what a window keeps, what its taps lie beside]. */
type Volumes = readonly [batch: number, depth: number, kept: number, maps: number];

const volumesOf = (shape: readonly number[]) => shape as Volumes;

/** A window along the depth. */
type Taps = Pick<Along, 'size' | 'stride' | 'dilation' | 'before' | 'behind' | 'places'>;

const tapsOf = ({ size, dilation }: Taps) => Array.from({ length: size }, (_, tap) => ({ tap, at: tap * dilation }));

/** y[n, i, p, k maps + c] = x[n, i s + k d - before, p, c], 0 outside. */
const depthTapsKernel = defineKernel<{ x: Tensor }, Taps, Tensor>({
  name: 'DepthTaps',
  outputs: ({ x }, { size, places }) => {
    const [batch, , kept, maps] = volumesOf(x.shape);
    return { shape: [batch, places, kept, size * maps] };
  },
  compose: ({ x }, taps) => {
    const { before, behind, places, stride } = taps;
    const [batch, , kept, maps] = volumesOf(x.shape);
    const wide = padTensor(x, [
      [0, 0],
      [before, behind],
      [0, 0],
      [0, 0],
    ]);
    const parts = tapsOf(taps).map(({ at }) =>
      stridedSlice(wide, [0, at, 0, 0], [batch, at + (places - 1) * stride + 1, kept, maps], [1, stride, 1, 1]),
    );
    return concatTensors(parts, 3);
  },
  loops: ({ values: { x }, inputs, outputs: [y] }, taps) => {
    const [batch, depth, kept, maps] = volumesOf(inputs.x.shape);
    for (let n = 0, out = 0; n < batch; n++) {
      for (let i = 0; i < taps.places; i++) {
        for (let p = 0; p < kept; p++) {
          for (let k = 0; k < taps.size; k++) {
            const at = i * taps.stride + k * taps.dilation - taps.before;
            const from = ((n * depth + at) * kept + p) * maps;
            const isInside = at >= 0 && at < depth;
            for (let c = 0; c < maps; c++) y![out++] = isInside ? x[from + c]! : 0;
          }
        }
      }
    }
  },
});

/** dx sums g over the taps that saw it. */
const depthTapsGradientKernel = defineKernel<{ g: Tensor }, Taps & { depth: number }, Tensor>({
  name: 'DepthTapsGradient',
  outputs: ({ g }, { size, depth }) => {
    const [batch, , kept, columns] = volumesOf(g.shape);
    return { shape: [batch, depth, kept, columns / size] };
  },
  compose: ({ g }, { depth, ...taps }) => {
    const { size, stride, before, places } = taps;
    const [batch, , kept, columns] = volumesOf(g.shape);
    const maps = columns / size;
    const parts = tapsOf(taps).map(({ tap, at }) => {
      const part = sliceTensor(g, [0, 0, 0, tap * maps], [batch, places, kept, maps]);
      const rows = reshapeTensor(part, [batch, places, 1, kept * maps]);
      const apart = reshapeTensor(
        padTensor(rows, [
          [0, 0],
          [0, 0],
          [0, stride - 1],
          [0, 0],
        ]),
        [...[batch, places * stride, kept, maps]],
      );
      const moved = padTensor(apart, [
        [0, 0],
        [at, before + depth],
        [0, 0],
        [0, 0],
      ]);
      return sliceTensor(moved, [0, before, 0, 0], [batch, depth, kept, maps]);
    });
    return addN(parts);
  },
  loops: ({ values: { g }, inputs, outputs: [dx] }, { depth, ...taps }) => {
    const [batch, , kept, columns] = volumesOf(inputs.g.shape);
    const maps = columns / taps.size;
    dx!.fill(0);
    for (let n = 0, from = 0; n < batch; n++) {
      for (let i = 0; i < taps.places; i++) {
        for (let p = 0; p < kept; p++) {
          for (let k = 0; k < taps.size; k++, from += maps) {
            const at = i * taps.stride + k * taps.dilation - taps.before;
            if (at < 0 || at >= depth) continue;
            const to = ((n * depth + at) * kept + p) * maps;
            for (let c = 0; c < maps; c++) dx![to + c]! += g[from + c]!;
          }
        }
      }
    }
  },
});

interface Attrs extends Taps {
  groups: number;
  /** [batch, maps, depth, height, width] of the volumes. */
  shape: readonly number[];
}

/** Volumes with the maps of a group at the end, behind everything that a window along the depth leaves as it is. */
const inGroups = ([n, c, d, h, w]: readonly number[], groups: number): number[] => [
  ...[n!, d!, h! * w! * groups, c! / groups],
];

/** The images that the windows along the depth are. */
const imagesOf = ([n, c, , h, w]: readonly number[], { places, size }: Taps): number[] => [
  ...[n! * places, c! * size, h!, w!],
];

const depthTapsOp: Op<'x', Attrs> = defineOp({
  name: 'depth taps',
  inputs: ['x'],
  layout: 'channelsLast',
  forward: ({ x }, { shape, groups, ...taps }: Attrs) => {
    const y = runKernel(depthTapsKernel, { x: reshapeTensor(x, inGroups(shape, groups)) }, taps);
    return reshapeTensor(y, physicalShape(imagesOf(shape, taps), 'channelsLast'));
  },
  gradients: (g, _saved, attrs) => ({ x: () => depthTapsGradientOp({ g }, attrs) }),
});

const depthTapsGradientOp: Op<'g', Attrs> = defineOp({
  name: 'depth taps gradient',
  inputs: ['g'],
  layout: 'channelsLast',
  forward: ({ g }, { shape, groups, ...taps }: Attrs) => {
    const [batch, depth, kept, maps] = volumesOf(inGroups(shape, groups));
    const rows = reshapeTensor(g, [batch, taps.places, kept, taps.size * maps]);
    const dx = runKernel(depthTapsGradientKernel, { g: rows }, { ...taps, depth });
    return reshapeTensor(dx, physicalShape(shape, 'channelsLast'));
  },
  gradients: (u, _saved, attrs) => ({ g: () => depthTapsOp({ x: u }, attrs) }),
});

/**
 * Each window along the depth of [batch, maps, depth, height, width] as an image of its own, [batch places, maps size,
 * height, width], whose maps are the taps one after the other, in each group of maps.
 */
export const depthTaps = (x: Variable, along: Along, groups: number): Variable =>
  depthTapsOp({ x }, { ...tapsAlong(along), groups, shape: x.shape });

/** What volumes of a shape get back of their windows' taps: their sum. */
export const depthTapsGradient = (g: Variable, along: Along, groups: number, shape: readonly number[]): Variable =>
  depthTapsGradientOp({ g }, { ...tapsAlong(along), groups, shape });

const tapsAlong = ({ size, stride, dilation, before, behind, places }: Along): Taps => ({
  ...{ size, stride, dilation, before, behind, places },
});
