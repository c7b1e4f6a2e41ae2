import { broadcastTo, type Dtype, type Variable } from '@tessera-nn/core';
import { Cast, Dropout, Flatten, Reshape } from '@tessera-nn/modules';
import { dtypeOf } from '../../format/read-tensor.js';
import { BatchSize, sameSize } from '@tessera-nn/core/internal';
import { FREE, indexOf, lengthOf, moved, placeOf, vector, type HostArray, type OpenSize } from '../host-array.js';
import type { NodeReading, PlainSize } from '../node-reading.js';
import { operator, type FunctionOperator, type Operator, type Reader } from '../operator.js';
import { axisIn, broadcast } from '../shape-rules.js';
import { Constant, Flow, type Value } from '../value.js';

const isOpen = (size: OpenSize): boolean => size === FREE || size instanceof BatchSize;

const areSame = (a: OpenSize, b: OpenSize | undefined): boolean =>
  b !== undefined && a !== FREE && b !== FREE && sameSize(a, b);

/** Sizes that a reshape is asked for, in numbers: 0 for the size that an axis has, -1 for the rest. */
function wantedSizes(at: NodeReading): number[] {
  const asked = at.ints('shape') ?? at.sizes(1, 'shape');
  const { shape } = at.input(0);
  const kept = asked.map((size, axis) => (isOpen(size) && shape && areSame(size, shape[axis]) ? 0 : size));
  const open = kept.filter(isOpen);
  const isOne = open.length === 1 && !kept.includes(-1);
  return at.settled(isOne ? kept.map((size) => (isOpen(size) ? -1 : size)) : kept);
}

/** The shape that such sizes make of another. */
function resolved(shape: readonly number[], wanted: readonly number[]): number[] {
  const known = wanted.map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size));
  const rest = lengthOf(shape) / lengthOf(known.filter((size) => size !== -1));
  return known.map((size) => (size === -1 ? rest : size));
}

/** The same values in another shape. */
export const reshapeOperator: FunctionOperator = operator<{ shape: readonly number[] }>({
  attrs: (at) => ({ shape: wantedSizes(at) }),
  inputs: (at) => [at.input(0)],
  module: ({ shape }, at) => (at.input(0).dtype === 'float32' ? new Reshape({ shape: [...shape] }) : undefined),
  shape: ([shape], { shape: wanted }) => resolved(shape!, wanted),
  run: ([x], { shape }) => x!.reshape(resolved(x!.shape, shape)),
  fold: ([x], { shape }) => ({ ...x!, shape: resolved(x!.shape, shape) }),
});

const split = (shape: readonly number[], axis: number): [number, number] => {
  const at = axis < 0 ? axis + shape.length : axis;
  return [lengthOf(shape.slice(0, at)), lengthOf(shape.slice(at))];
};

/** Moves of axes of size 1, as another shape. */
const unitAxes = (shape: (shape: readonly number[], axes: readonly number[]) => number[]): Operator =>
  operator<{ axes: number[] }>({
    attrs: (at) => ({ axes: at.list('axes', 1) ?? unitsOf(at) }),
    inputs: (at) => [at.input(0)],
    shape: ([given], { axes }) => shape(given!, axes),
    run: ([x], { axes }) => x!.reshape(shape(x!.shape, axes)),
    fold: ([x], { axes }) => ({ ...x!, shape: shape(x!.shape, axes) }),
  });

const unitsOf = (at: NodeReading): number[] => at.shape(0).flatMap((size, axis) => (size === 1 ? [axis] : []));

function withUnits(shape: readonly number[], axes: readonly number[]): number[] {
  const rank = shape.length + axes.length;
  const added = new Set(axes.map((axis) => axisIn(axis, rank)));
  let from = 0;
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : shape[from++]!));
}

function withoutUnits(shape: readonly number[], axes: readonly number[]): number[] {
  const gone = new Set(axes.map((axis) => axisIn(axis, shape.length)));
  return shape.filter((size, axis) => !gone.has(axis) || size !== 1);
}

/** Sizes as numbers; those that follow the batch take it from the first axis of an input of the network. */
const sizesAt = (sizes: readonly PlainSize[], like: readonly number[] | undefined): number[] =>
  sizes.map((size) => (typeof size === 'number' ? size : size.each * like![0]! + size.more));

const expand: FunctionOperator = operator<{ shape: PlainSize[] }>({
  attrs: (at) => {
    const { shape } = at.input(0);
    // Where it has that size, nothing is repeated.
    const added = at.sizes(1, 'shape').length - (shape?.length ?? 0);
    return {
      shape: at.plain(
        at.sizes(1, 'shape').map((size, axis) => (isOpen(size) && areSame(size, shape?.[axis - added]) ? 1 : size)),
      ),
    };
  },
  inputs: (at) => withSource(at, [at.input(0)], at.sizes(1)),
  shape: ([shape, like], { shape: wanted }) => broadcast([shape!, sizesAt(wanted, like)]),
  run: ([x, like], { shape }) => broadcastTo(x!, broadcast([x!.shape, sizesAt(shape, like?.shape)])),
  fold: ([x], { shape }) => repeated(x!, broadcast([x!.shape, shape as number[]])),
});

/** Behind them the input whose batch some sizes follow. */
const withSource = (at: NodeReading, inputs: Value[], sizes: readonly OpenSize[]): Value[] =>
  sizes.some((size) => size instanceof BatchSize) ? [...inputs, at.source] : inputs;

const repeated = (x: HostArray, shape: readonly number[]): HostArray =>
  moved(x, shape, (place) => placeOf(indexOf(place, shape), x.shape));

const constant: Reader = (at) => {
  const tensor = at.tensor('value');
  if (tensor) return new Constant(tensor, false);
  const [floats, ints] = [at.floats('value_floats'), at.ints('value_ints')];
  if (floats && at.has('value_floats'))
    return new Constant({ dtype: 'float32', shape: [floats.length], values: floats }, false);
  if (ints && at.has('value_ints')) return new Constant(vector(ints), false);
  if (at.has('value_float'))
    return new Constant({ dtype: 'float32', shape: [], values: [at.float('value_float', 0)] }, false);
  if (at.has('value_int')) return new Constant({ dtype: 'int32', shape: [], values: [at.int('value_int', 0)] }, false);
  return at.lacks('of texts, or sparse');
};

const constantOfShape: Reader = (at) => {
  const { dtype, values } = at.tensor('value') ?? { dtype: 'float32' as const, values: Float32Array.of(0) };
  const sizes = at.sizes(0, 'shape');
  const value = values[0] ?? 0;
  if (!sizes.some(isOpen)) {
    const shape = at.settled(sizes);
    return at.make(dtype, shape, () =>
      new (dtype === 'float32' ? Float32Array : Float64Array)(lengthOf(shape)).fill(value),
    );
  }
  const one = at.make(
    dtype,
    sizes.map(() => 1),
    () => [value],
  );
  return at.apply('Expand', expand, { shape: at.plain(sizes) }, withSource(at, [one], sizes))[0]!;
};

const range: Reader = (at) => {
  const [start, limit, delta] = [0, 1, 2].map((place) => at.numbers(place)[0] ?? at.lacks('of nothing')) as [
    number,
    number,
    number,
  ];
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!Number.isFinite(count)) at.lacks('without an end');
  return at.make(at.input(0).dtype, [count], () => Array.from({ length: count }, (_, i) => start + i * delta));
};

const cast: Reader = (at) => {
  const x = at.input(0);
  const to = at.has('to') ? dtypeOf(at.int('to', 0), 'The result of a Cast') : at.input(1).dtype;
  if (x.dtype === to) return x;
  if (x instanceof Constant) return new Constant(castOnHost(x.array, to), x.learns && to === 'float32');
  return at.runAll(new Cast({ intype: x.dtype, outtype: to }), [x], {}, to)[0]!;
};

function castOnHost(x: HostArray, to: Dtype): HostArray {
  const change = { float32: (value: number) => value, int32: Math.trunc, bool: (value: number) => Number(value !== 0) }[
    to
  ];
  const values = Array.from(x.values, (value) => (typeof value === 'number' ? change(value) : value));
  return { dtype: to, shape: x.shape, values };
}

export const shapeOperators: Record<string, Operator> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: (at) => {
    const shape = at.shape(0);
    return new Constant(vector(shape.slice(at.int('start', 0), at.has('end') ? at.int('end', 0) : undefined)), false);
  },
  Size: (at) => new Constant({ dtype: 'int32', shape: [], values: [lengthOf(at.settled(at.shape(0)))] }, false),
  Identity: (at) => at.input(0),
  Dropout: (at) => {
    if (at.given(2) && at.numbers(2, 'training_mode')[0] !== 0) at.lacks('in training mode');
    const ratio = at.given(1) ? (at.numbers(1, 'ratio')[0] ?? 0.5) : at.float('ratio', 0.5);
    const x = at.input(0);
    return x instanceof Flow ? at.run(new Dropout({ p: ratio }), [x]) : x;
  },
  Cast: cast,
  CastLike: cast,
  Reshape: reshapeOperator,
  Flatten: operator<{ axis: number }>({
    attrs: (at) => ({ axis: at.int('axis', 1) }),
    module: ({ axis }, at) => (axis === 1 && at.input(0).dtype === 'float32' ? new Flatten() : undefined),
    shape: ([shape], { axis }) => split(shape!, axis),
    run: ([x], { axis }) => x!.reshape(split(x!.shape, axis)),
    fold: ([x], { axis }) => ({ ...x!, shape: split(x!.shape, axis) }),
  }),
  Squeeze: unitAxes(withoutUnits),
  Unsqueeze: unitAxes(withUnits),
  Expand: expand,
  /** No operator of ONNX: a constant as what the network computes, behind an input. */
  Held: {
    shape: ([, held]) => held!,
    run: ([, held]) => held as Variable,
    dtype: ([, held]) => held!,
  },
};
