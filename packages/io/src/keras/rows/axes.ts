import { Lack } from '../layer-options.js';
import type { LayerGiven } from '../row.js';

/** An axis of Keras, the batch being 0, in a tensor of ours. */
export function axisHere(axis: number, { rank, order }: Pick<LayerGiven, 'rank' | 'order'>): number {
  const there = axis < 0 ? axis + rank : axis;
  if (there < 0 || there >= rank) throw new Lack(`over axis ${axis} of ${rank}`);
  if (order === 'back' || rank < 3 || there === 0) return there;
  return there === rank - 1 ? 1 : there + 1;
}

/** @throws Lack for a tensor that does not have so many axes behind batch and maps. */
export function checkSpace({ rank, options }: LayerGiven, axes: number): void {
  options.refuse('data_format', ['channels_last']);
  if (rank !== axes + 2) throw new Lack(`behind something of ${rank} axes`);
}
