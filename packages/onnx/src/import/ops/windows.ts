import { FREE, type OpenSize } from '../host-array.js';
import type { NodeReading } from '../node-reading.js';
import { BatchSize } from '@tessera-nn/core/internal';

/** How a window goes over an input, as the modules take it. */
export interface WindowMade {
  readonly size: number[];
  readonly stride: number[];
  readonly dilation: number[];
  readonly pad: 'same' | [before: number, behind: number][];
}

/** Padding is [before each axis..., behind each axis...] in files. */
export const sidesOf = (pads: readonly number[]): [number, number][] => {
  const axes = pads.length / 2;
  return Array.from({ length: axes }, (_, axis) => [pads[axis]!, pads[axis + axes]!]);
};

/** The window of a convolution or pooling, whose lengths are known. */
export function windowOf(at: NodeReading, size: number[]): WindowMade {
  const each = (name: string) => {
    const given = at.ints(name) ?? [];
    return given.length === 0 ? size.map(() => 1) : given;
  };
  const [stride, dilation] = [each('strides'), each('dilations')];
  const auto = at.text('auto_pad', 'NOTSET');
  const pads = at.ints('pads') ?? [];
  const around = {
    NOTSET: sidesOf(pads.length > 0 ? pads : [...size, ...size].map(() => 0)),
    VALID: size.map(() => [0, 0]),
  };
  if (auto === 'SAME_UPPER') return { size, stride, dilation, pad: 'same' };
  if (auto !== 'SAME_LOWER')
    return {
      size,
      stride,
      dilation,
      pad: (around[auto as 'VALID'] ?? at.lacks(`with auto_pad ${auto}`)) as [number, number][],
    };
  // The odd place before: counted here, for modules have it behind.
  const lengths = lengthsOf(at, 0);
  const pad = size.map((length, axis): [number, number] => {
    const reach = dilation[axis]! * (length - 1) + 1;
    const places = Math.ceil(lengths[axis]! / stride[axis]!);
    const total = Math.max(0, (places - 1) * stride[axis]! + reach - lengths[axis]!);
    return [Math.ceil(total / 2), Math.floor(total / 2)];
  });
  return { size, stride, dilation, pad };
}

/** The lengths behind batch and maps. */
export function lengthsOf(at: NodeReading, place: number): number[] {
  const lengths: readonly OpenSize[] = at.shape(place).slice(2);
  return lengths.map((length) =>
    length === FREE || length instanceof BatchSize ? at.lacks('whose padding depends on open sizes') : length,
  );
}

/** What there is for sequences, images and volumes. */
export function ofRank<Made>(at: NodeReading, axes: number, made: readonly [Made, Made, Made]): Made {
  return made[axes - 1] ?? at.lacks(`along ${axes} axes`);
}

/** Lengths along axes, as options of a module take them: one for sequences, two for images, three for volumes. */
export const extent = (lengths: readonly number[]): never => (lengths.length === 1 ? lengths[0] : lengths) as never;

/** Padding, as options of a module take it. */
export const padding = (pad: WindowMade['pad']): never => (pad !== 'same' && pad.length === 1 ? pad[0] : pad) as never;
