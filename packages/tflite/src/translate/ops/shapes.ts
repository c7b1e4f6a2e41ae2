import { sameSize, type Size, type Value } from '@tessera-nn/core/internal';
import { axisGroups, columnsOf, inOrder, isInOrder, lying, mapsLast, type Order } from '../../graph/order.js';
import type { Tensor } from '../../graph/tensor.js';
import { lengthsOf, type Lying, type Translation, type Translator } from '../translation.js';

/**
 * What has another shape, without moving it where that goes: axes that become others together must lie together, and in their
 * order. Rows that are made of images lie as the images do, and keep in mind which column lies where.
 */
function reshaped(at: Translation): Lying {
  const { values, input, result } = at;
  const { order } = values.of(input);
  const [from, to] = [input.shape, result.shape];
  const groups = axisGroups(from, to);
  const placeOf = (axes: readonly number[]) => axes.map((axis) => order.indexOf(axis));
  const isLong = (axis: number) => from[axis] !== 1;
  /** Whether axes lie beside each other, in their order or in any; those of one place lie anywhere. */
  const liesTogether = (axes: readonly number[], inAnyOrder: boolean) => {
    const places = placeOf(axes.filter(isLong));
    const sorted = inAnyOrder ? [...places].sort((a, b) => a - b) : places;
    const others = inOrder(from.length).filter((axis) => isLong(axis) && !axes.includes(axis));
    return sorted.every((place, i) => {
      if (i === 0) return true;
      return place > sorted[i - 1]! && !placeOf(others).some((other) => other > sorted[i - 1]! && other < place);
    });
  };
  if (groups.every(({ from: axes }) => liesTogether(axes, false))) {
    const firstPlace = (axes: readonly number[]) => placeOf(axes.some(isLong) ? axes.filter(isLong) : axes)[0]!;
    const inPlace = [...groups].sort((a, b) => firstPlace(a.from) - firstPlace(b.from));
    const newOrder = inPlace.flatMap((group) => group.to);
    return { tensor: values.reshaped(values.in(input, order), lying(to, newOrder)), order: newOrder };
  }
  const rows = groups.at(-1)!;
  const becomesRows = to.length === 2 && groups.length === 2 && groups.every((group) => group.to.length === 1);
  const first = from.length - rows.from.length;
  if (becomesRows && isInOrder(order.slice(0, first)) && liesTogether(rows.from, true)) {
    const inner = order.slice(first).map((axis) => axis - first);
    const columns = columnsOf(lengthsOf(from.slice(first)), inner);
    return { tensor: values.reshaped(values.of(input).tensor, to), order: [0, 1], columns };
  }
  return { tensor: moveAndReshape(at, groups), order: mapsLast(to.length) };
}

/** Moves axes so that what they become has its maps last, and makes that of them. */
function moveAndReshape({ values, input, result }: Translation, groups: ReturnType<typeof axisGroups>): Tensor {
  const wanted = mapsLast(result.shape.length);
  const newPlace = (axes: readonly number[]) => wanted.indexOf(axes[0]!);
  const isWhole = groups.every(({ to }) => to.every((axis, i) => wanted.indexOf(axis) === newPlace(to) + i));
  if (!isWhole) {
    const made = values.reshaped(values.in(input, inOrder(input.shape.length)), result.shape);
    return values.moved(made, wanted);
  }
  const inPlace = [...groups].sort((a, b) => newPlace(a.to) - newPlace(b.to));
  const order = inPlace.flatMap(({ from }) => from);
  return values.reshaped(values.in(input, order), lying(result.shape, wanted));
}

/** The first that is computed says in which order all lie. */
function commonOrder({ values }: Translation, inputs: readonly Value[]): Order {
  return values.of(inputs.find((value) => !values.constantOf(value)) ?? inputs[0]!).order;
}

export const shapeOps: Record<string, Translator> = {
  reshape: reshaped,
  // Other names for the axes: nothing moves before something wants them in another order.
  transpose: (at) => {
    const { tensor, order } = at.lying();
    const { order: from } = at.attrs<{ order: number[] }>();
    return { tensor, order: order.map((axis) => from.indexOf(axis)) };
  },
  concat: (at) => {
    const { axis } = at.attrs<{ axis: number }>();
    const order = commonOrder(at, at.step.inputs);
    const tensors = at.step.inputs.map((value) => at.values.in(value, order));
    return at.add('CONCATENATION', tensors, order, { axis: order.indexOf(axis) });
  },
  split: (at) => {
    const { axis, sizes } = at.attrs<{ axis: number; sizes: Size[] }>();
    const { tensor, order } = at.lying();
    const made = at.step.results.map(({ shape, dtype }) => ({ shape: lying(shape, order), type: dtype }));
    const inputs = [tensor, at.graph.ints(at.fixed(sizes)), at.graph.ints([order.indexOf(axis)], [])];
    const parts = at.graph.addAll('SPLIT_V', inputs, made, { count: sizes.length });
    return parts.map((part) => ({ tensor: part, order }));
  },
  stack: (at) => {
    const order = commonOrder(at, at.step.inputs);
    const tensors = at.step.inputs.map((value) => at.values.in(value, order));
    const options = { count: tensors.length, axis: 0 };
    return at.add('PACK', tensors, [0, ...order.map((axis) => axis + 1)], options);
  },
  slice: (at) => {
    const { begin, size } = at.attrs<{ begin: Size[]; size: Size[] }>();
    const { tensor, order } = at.lying();
    const sizes = size.map((length, axis) => (sameSize(length, at.input.shape[axis]!) ? -1 : length));
    const inputs = [begin, sizes].map((numbers) => at.graph.ints(at.fixed(lying(numbers, order))));
    return at.add('SLICE', [tensor, ...inputs], order);
  },
  pad: (at) => {
    const { paddings, value } = at.attrs<{ paddings: [Size, Size][]; value: number }>();
    const { tensor, order } = at.lying();
    const widths = at.graph.ints(at.fixed(lying(paddings, order).flat()), [order.length, 2]);
    if (value === 0) return at.add('PAD', [tensor, widths], order);
    return at.add('PADV2', [tensor, widths, at.graph.floats([value], [])], order);
  },
  broadcastTo: (at) => {
    const rank = at.result.shape.length;
    const narrow = [...new Array<number>(rank - at.input.shape.length).fill(1), ...at.input.shape];
    const wide = at.values.reshaped(at.inOrder(), narrow);
    return at.add('BROADCAST_TO', [wide, at.graph.sizes(at.result.shape)], inOrder(rank));
  },
  zeros: (at) =>
    at.add('FILL', [at.graph.sizes(at.result.shape), at.graph.floats([0], [])], inOrder(at.result.shape.length)),
  flip: (at) => {
    const { axes } = at.attrs<{ axes: number[] }>();
    const { tensor, order } = at.lying();
    // Runtimes turn axes that are neighbours.
    const places = axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b);
    const made = { shape: tensor.shape, type: tensor.type };
    const flipped = places.reduce((x, place) => at.graph.add('REVERSE_V2', [x, at.graph.ints([place])], made), tensor);
    return { tensor: flipped, order };
  },
  gather: (at) => {
    const { axis } = at.attrs<{ axis: number }>();
    const tensors = ['x', 'indices'].map((name) => at.inOrder(at.named(name)));
    return at.add('GATHER', tensors, inOrder(at.result.shape.length), { axis });
  },
  // Another shape of what lies with its maps last.
  regroup: (at) => {
    const order = mapsLast(at.result.shape.length);
    return { tensor: at.values.reshaped(at.images(), lying(at.result.shape, order)), order };
  },
};
