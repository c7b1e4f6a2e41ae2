import {
  concat,
  flip,
  gather,
  pad,
  slice,
  split,
  tile,
  transpose,
  Variable,
  where,
  zerosLike,
  type PadOptions,
} from '@tessera-nn/core';
import { Concat, Pad2D, PixelShuffle, Split, Transpose } from '@tessera-nn/modules';
import { sameSize } from '@tessera-nn/core/internal';
import { indexOf, lengthOf, moved, placeOf, type HostArray, type OpenSize } from '../host-array.js';
import type { NodeReading } from '../node-reading.js';
import { operator, type Operator } from '../operator.js';
import { axisIn } from '../shape-rules.js';
import { sidesOf } from './windows.js';

type Shape = readonly number[];

const isFloat = (at: NodeReading): boolean => at.input(0).dtype === 'float32';

const orderOf = (perm: readonly number[] | null, rank: number): number[] => [
  ...(perm ?? [...Array(rank).keys()].reverse()),
];

const transposing: Operator = operator<{ perm: number[] | null }>({
  attrs: (at) => ({ perm: at.ints('perm') ?? null }),
  module: ({ perm }, at) => (isFloat(at) ? new Transpose({ axes: perm }) : undefined),
  shape: ([shape], { perm }) => orderOf(perm, shape!.length).map((axis) => shape![axisIn(axis, shape!.length)]!),
  run: ([x], { perm }) => transpose(x!, orderOf(perm, x!.rank)),
  fold: ([x], { perm }) => {
    const order = orderOf(perm, x!.shape.length);
    const shape = order.map((axis) => x!.shape[axis]!);
    return moved(x!, shape, (place) => {
      const index = indexOf(place, shape);
      return placeOf(
        order.map((_, axis) => index[order.indexOf(axis)]!),
        x!.shape,
      );
    });
  },
});

const withSize = (shape: Shape, axis: number, size: number): number[] =>
  shape.map((old, place) => (place === axis ? size : old));

function joinedShape(shapes: readonly Shape[], axis: number): number[] {
  const at = axisIn(axis, shapes[0]!.length);
  return withSize(
    shapes[0]!,
    at,
    shapes.reduce((sum, shape) => sum + shape[at]!, 0),
  );
}

function joinedOnHost(arrays: readonly HostArray[], axis: number): HostArray {
  const shapes = arrays.map(({ shape }) => shape);
  const [shape, at] = [joinedShape(shapes, axis), axisIn(axis, shapes[0]!.length)];
  const starts = shapes.reduce<number[]>((sums, one) => [...sums, sums.at(-1)! + one[at]!], [0]);
  const values = Array.from({ length: lengthOf(shape) }, (_, place): OpenSize => {
    const index = indexOf(place, shape);
    const which = starts.filter((start) => start <= index[at]!).length - 1;
    const from = arrays[which]!;
    return from.values[placeOf(withSize(index, at, index[at]! - starts[which]!), from.shape)]!;
  });
  return { dtype: arrays[0]!.dtype, shape, values };
}

interface Pieces extends Record<string, unknown> {
  axis: number;
  /** As many of one size, the last one smaller where they do not fit. */
  count: number;
  sizes: number[] | null;
}

const sizesOf = ({ axis, count, sizes }: Pieces, shape: Shape): number[] => {
  if (sizes) return sizes;
  const whole = shape[axisIn(axis, shape.length)]!;
  const each = Math.ceil(whole / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, whole - i * each)));
};

const splitting: Operator = operator<Pieces>({
  attrs: (at) => ({ axis: at.int('axis', 0), count: at.node.output.length, sizes: at.list('split', 1) ?? null }),
  inputs: (at) => [at.input(0)],
  module: ({ axis, sizes }) => (sizes && sizes.length > 1 ? new Split({ axis, sections: sizes }) : undefined),
  shape: ([shape], attrs) => {
    const at = axisIn(attrs.axis, shape!.length);
    return sizesOf(attrs, shape!).map((size) => withSize(shape!, at, size));
  },
  run: ([x], attrs) => split(x!, sizesOf(attrs, x!.shape), attrs.axis),
});

/** Which places of axes are taken, as files say it: ends far behind stand for the end. */
interface Slices extends Record<string, unknown> {
  starts: number[];
  ends: number[];
  axes: number[];
  steps: number[];
}

interface Taken {
  first: number;
  count: number;
  step: number;
}

/** What is taken of each axis of a shape. */
function takenOf(shape: Shape, { starts, ends, axes, steps }: Slices): Taken[] {
  const all = shape.map((count): Taken => ({ first: 0, count, step: 1 }));
  axes.forEach((given, i) => {
    const axis = axisIn(given, shape.length);
    const [size, step] = [shape[axis]!, steps[i]!];
    const bound = (place: number, least: number, most: number) =>
      Math.min(most, Math.max(least, place < 0 ? place + size : place));
    const first = step > 0 ? bound(starts[i]!, 0, size) : bound(starts[i]!, 0, size - 1);
    const end = step > 0 ? bound(ends[i]!, 0, size) : bound(ends[i]!, -1, size - 1);
    all[axis] = { first, count: Math.max(0, Math.ceil((end - first) / step)), step };
  });
  return all;
}

function sliced(x: Variable, attrs: Slices): Variable {
  const taken = takenOf(x.shape, attrs);
  const reach = taken.map(({ count, step }) => (count - 1) * Math.abs(step) + 1);
  const low = taken.map(({ first, step }, axis) => (step > 0 ? first : first - reach[axis]! + 1));
  const block = slice(x, low, reach);
  const backwards = taken.flatMap(({ step }, axis) => (step < 0 ? [axis] : []));
  const turned = backwards.length > 0 ? flip(block, backwards) : block;
  return taken.reduce((part, { step, count }, axis) => {
    if (Math.abs(step) === 1) return part;
    const places = Int32Array.from({ length: count }, (_, i) => i * Math.abs(step));
    return gather(part, new Variable(places, { shape: [count] }), axis);
  }, turned);
}

/** A bound that follows the batch is the end of an axis that does. */
function bounds(at: NodeReading, name: string, place: number, axes: readonly number[]): number[] {
  const shape = at.input(0).shape;
  const given: OpenSize[] = at.ints(name) ?? at.sizes(place, name);
  return at.settled(
    given.map((bound, i) => {
      const size = shape?.[at.axis(axes[i]!)];
      const isEnd = typeof bound === 'object' && typeof size === 'object' && sameSize(bound, size);
      return isEnd ? Number.MAX_SAFE_INTEGER : bound;
    }),
  );
}

const slicing: Operator = operator<Slices>({
  attrs: (at) => {
    const count = (at.ints('starts') ?? at.sizes(1, 'starts')).length;
    const axes = at.list('axes', 3) ?? [...Array(count).keys()];
    const steps = at.given(4) ? at.numbers(4, 'steps') : axes.map(() => 1);
    const [starts, ends] = [bounds(at, 'starts', 1, axes), bounds(at, 'ends', 2, axes)];
    const isWhole = steps.every((step) => Number.isInteger(step) && step !== 0);
    if (!isWhole || [starts, ends, axes, steps].some(({ length }) => length !== count))
      at.lacks('whose bounds do not fit');
    return { starts, ends, axes, steps };
  },
  inputs: (at) => [at.input(0)],
  shape: ([shape], attrs) => takenOf(shape!, attrs).map(({ count }) => count),
  run: ([x], attrs) => sliced(x!, attrs),
  fold: ([x], attrs) => {
    const taken = takenOf(x!.shape, attrs);
    const shape = taken.map(({ count }) => count);
    return moved(x!, shape, (place) => {
      const index = indexOf(place, shape);
      const from = taken.map(({ first, step }, axis) => first + index[axis]! * step);
      return from.reduce((sum, i, axis) => sum * x!.shape[axis]! + i, 0);
    });
  },
});

interface Frame extends Record<string, unknown> {
  /** Below 0 is cut off. */
  sides: [before: number, behind: number][];
  mode: NonNullable<PadOptions['mode']>;
  value: number;
}

const padModes: Record<string, Frame['mode']> = {
  constant: 'constant',
  reflect: 'reflect',
  edge: 'edge',
  wrap: 'circular',
};

function frameOf(at: NodeReading): Frame {
  const given = at.ints('pads') ?? at.ints('paddings') ?? at.numbers(1, 'pads');
  const axes = at.given(3) ? at.numbers(3, 'axes').map((axis) => at.axis(axis)) : undefined;
  const some = sidesOf(given);
  const sides = axes
    ? Array.from({ length: at.rank(0) }, (_, axis) => some[axes.indexOf(axis)] ?? ([0, 0] as [number, number]))
    : some;
  const mode = at.text('mode', 'constant');
  return {
    sides,
    mode: padModes[mode] ?? at.lacks(`of mode ${mode}`),
    value: at.given(2) ? (at.numbers(2, 'value')[0] ?? 0) : at.float('value', 0),
  };
}

const isAroundImages = ({ sides, value }: Frame): boolean =>
  sides.length === 4 &&
  sides[0]!.concat(sides[1]!).every((width) => width === 0) &&
  sides.flat().every((width) => width >= 0) &&
  Number.isFinite(value);

const padding: Operator = operator<Frame>({
  attrs: frameOf,
  inputs: (at) => [at.input(0)],
  module: (frame, at) =>
    isFloat(at) && isAroundImages(frame)
      ? new Pad2D({
          pad: frame.sides.slice(2).flat() as [number, number, number, number],
          mode: frame.mode,
          fillValue: frame.value,
        })
      : undefined,
  shape: ([shape], { sides }) =>
    shape!.map((size, axis) => size + (sides[axis]?.[0] ?? NaN) + (sides[axis]?.[1] ?? NaN)),
  run: ([x], { sides, mode, value }) => {
    const cut = sides.map(([before, behind]) => [Math.max(0, -before), Math.max(0, -behind)] as const);
    const inner = slice(
      x!,
      cut.map(([before]) => before),
      x!.shape.map((size, axis) => size - cut[axis]![0] - cut[axis]![1]),
    );
    const around = sides.map(([before, behind]) => [Math.max(0, before), Math.max(0, behind)]);
    if (mode !== 'constant') return pad(inner, around, { mode });
    if (Number.isFinite(value)) return pad(inner, around, { value });
    const isInside = pad(zerosLike(inner).add(1), around).greater(0);
    return where(isInside, pad(inner, around), new Variable([value]));
  },
});

/** Squares of pixels to maps, or back: in which order the axes are taken apart. */
interface Blocks extends Record<string, unknown> {
  size: number;
  isDeep: boolean;
}

const blockShape = ([n, c, h, w]: Shape, size: number, isDeep: boolean): number[] =>
  isDeep ? [n!, c! * size * size, h! / size, w! / size] : [n!, c! / (size * size), h! * size, w! * size];

export const movementOperators: Record<string, Operator> = {
  Transpose: transposing,
  Concat: operator<{ axis: number }>({
    attrs: (at) => ({ axis: at.int('axis', 1) }),
    module: ({ axis }, at) => (at.inputs.length > 1 ? new Concat({ axis }) : undefined),
    shape: (shapes, { axis }) => joinedShape(shapes, axis),
    run: (inputs, { axis }) => concat(inputs, axis),
    fold: (arrays, { axis }) => joinedOnHost(arrays, axis),
  }),
  Split: splitting,
  Slice: slicing,
  Pad: padding,
  Tile: operator<{ repeats: number[] }>({
    attrs: (at) => ({ repeats: at.numbers(1, 'repeats') }),
    inputs: (at) => [at.input(0)],
    shape: ([shape], { repeats }) => shape!.map((size, axis) => size * (repeats[axis] ?? NaN)),
    run: ([x], { repeats }) => tile(x!, repeats),
  }),
  DepthToSpace: operator<Blocks>({
    attrs: (at) => ({ size: at.int('blocksize', 1), isDeep: at.text('mode', 'DCR') === 'DCR' }),
    module: ({ size, isDeep }) => (isDeep ? undefined : new PixelShuffle({ scale: size })),
    shape: ([shape], { size }) => blockShape(shape!, size, false),
    run: ([x], { size, isDeep }) => {
      const [n, c, h, w] = x!.shape as [number, number, number, number];
      const maps = c / (size * size);
      const apart = isDeep ? [n, size, size, maps, h, w] : [n, maps, size, size, h, w];
      const order = isDeep ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
      return x!
        .reshape(apart)
        .transpose(order)
        .reshape([n, maps, h * size, w * size]);
    },
  }),
  SpaceToDepth: operator<Blocks>({
    attrs: (at) => ({ size: at.int('blocksize', 1), isDeep: at.text('mode', 'DCR') === 'DCR' }),
    shape: ([shape], { size }) => blockShape(shape!, size, true),
    run: ([x], { size, isDeep }) => {
      const [n, c, h, w] = x!.shape as [number, number, number, number];
      const apart = x!.reshape([n, c, h / size, size, w / size, size]);
      return apart
        .transpose(isDeep ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4])
        .reshape(blockShape(x!.shape, size, true));
    },
  }),
};
