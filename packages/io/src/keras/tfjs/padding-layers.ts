import { Lack } from '../layer-options.js';
import type { ModuleGiven, WrittenLayer } from './written.js';

type Sides = readonly [number, number];

interface Window {
  readonly pad: 'same' | readonly Sides[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
}

/** The padding of a window as tfjs-layers has it: by name, and any other as zeros that layers put around before. */
export function paddedLayers(
  { pad }: Window,
  { shape }: ModuleGiven,
): { before: readonly WrittenLayer[]; padding: 'same' | 'valid' } {
  if (pad === 'same') return { before: [], padding: pad };
  if (pad.every((sides) => sides.every((width) => width === 0))) return { before: [], padding: 'valid' };
  return { before: zerosAround(pad, shape), padding: 'valid' };
}

/** Zeros around images; sequences are images of one row for that. */
export function zerosAround(sides: readonly Sides[], [, maps, length]: readonly number[]): WrittenLayer[] {
  const [first] = sides as [Sides];
  if (sides.length > 2) throw new Lack('with a pad around volumes');
  if (sides.length === 2) return [{ className: 'ZeroPadding2D', config: { padding: sides } }];
  return [
    { className: 'Reshape', config: { target_shape: [1, length, maps] } },
    { className: 'ZeroPadding2D', config: { padding: [[0, 0], first] } },
    { className: 'Reshape', config: { target_shape: [length! + first[0] + first[1], maps] } },
  ];
}

/** The same for what pads with something else than zeros. */
export function poolPadding({ pad, dilation, ceilMode }: Window): 'same' | 'valid' {
  if (ceilMode || dilation.some((step) => step > 1)) throw new Lack('with ceilMode or a dilation');
  if (pad === 'same') return pad;
  if (pad.some((sides) => sides.some((width) => width > 0))) throw new Lack('with a pad other than "same"');
  return 'valid';
}
