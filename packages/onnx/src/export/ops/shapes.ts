import { sameSize, type Size } from '@tessera-nn/core/internal';
import type { Translator } from '../translate.js';

/** Places as they lie in memory of images: the maps at the end. */
const mapsLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
const mapsSecond = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];

/** Far behind every end, as `Slice` counts backwards past the front. */
const BEHIND_FRONT = -(2 ** 31);

export const shapeOps: Record<string, Translator> = {
  reshape: (at) => at.reshaped(at.names[0]!, at.result.shape),
  transpose: (at) => at.add('Transpose', at.names, { perm: at.attrs<{ order: number[] }>().order }),
  concat: (at) => at.add('Concat', at.names, { axis: at.attrs<{ axis: number }>().axis }),
  split: (at) => {
    const { axis, sizes } = at.attrs<{ axis: number; sizes: Size[] }>();
    return at.writer.addAll('Split', [at.names[0]!, at.writer.sizes(sizes)], { axis }, sizes.length);
  },
  stack: (at) => {
    const rows = at.names.map((name) => at.add('Unsqueeze', [name, at.writer.ints([0])]));
    return at.add('Concat', rows, { axis: 0 });
  },
  slice: (at) => {
    const { begin, size } = at.attrs<{ begin: Size[]; size: Size[] }>();
    const axes = at.input.shape.flatMap((whole, axis) => (sameSize(whole, size[axis]!) ? [] : [axis]));
    const starts = at.fixed(axes.map((axis) => begin[axis]!));
    const ends = at.fixed(axes.map((axis) => size[axis]!)).map((count, i) => starts[i]! + count);
    const { writer } = at;
    return at.add('Slice', [at.names[0]!, writer.ints(starts), writer.ints(ends), writer.ints(axes)]);
  },
  pad: (at) => {
    const { paddings, value } = at.attrs<{ paddings: [Size, Size][]; value: number }>();
    const pads = [...paddings.map(([before]) => before), ...paddings.map(([, behind]) => behind)];
    return at.add('Pad', [at.names[0]!, at.writer.ints(at.fixed(pads)), at.writer.number(value)], { mode: 'constant' });
  },
  broadcastTo: (at) => at.add('Expand', [at.names[0]!, at.writer.sizes(at.result.shape)]),
  zeros: (at) => at.add('ConstantOfShape', [at.writer.sizes(at.result.shape)]),
  flip: (at) => {
    const { axes } = at.attrs<{ axes: number[] }>();
    const each = (value: number) => at.writer.ints(axes.map(() => value));
    return at.add('Slice', [at.names[0]!, each(-1), each(BEHIND_FRONT), at.writer.ints(axes), each(-1)]);
  },
  // Another shape of what lies in memory with its maps last.
  regroup: (at) => {
    const { shape } = at.result;
    const lying = at.add('Transpose', at.names, { perm: mapsLast(at.input.shape.length) });
    const other = at.reshaped(
      lying,
      mapsLast(shape.length).map((axis) => shape[axis]!),
    );
    return at.add('Transpose', [other], { perm: mapsSecond(shape.length) });
  },
};
