import { defineOp, type Op, type Variable } from '@tessera-nn/core';
import { physicalShape } from '@tessera-nn/core/internal';
import { reshapeTensor } from '@tessera-nn/kernels';

/** Another shape of the same memory in channels-last order, which may move places from the batch to behind the maps. */
const regroupOp: Op<'x', { shape: readonly number[] }> = defineOp({
  name: 'regroup',
  inputs: ['x'],
  layout: 'channelsLast',
  forward: ({ x }, { shape }: { shape: readonly number[] }) => reshapeTensor(x, physicalShape(shape, 'channelsLast')),
  gradients: (g, _saved, _attrs, { x }) => ({ x: () => regroupOp({ x: g }, { shape: x }) }),
});

/** Volumes [batch, maps, depth, height, width] as images, [batch depth, maps, height, width]. */
export function eachDepth(x: Variable): Variable {
  const [batch, maps, depth, height, width] = x.shape;
  return regroupOp({ x }, { shape: [batch! * depth!, maps!, height!, width!] });
}

/** Such images as volumes of that many. */
export function atDepths(x: Variable, depth: number): Variable {
  const [images, maps, height, width] = x.shape;
  return regroupOp({ x }, { shape: [images! / depth, maps!, depth, height!, width!] });
}
