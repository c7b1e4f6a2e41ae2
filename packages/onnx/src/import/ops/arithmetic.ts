import * as core from '@tessera-nn/core';
import { broadcastingOp, type Dtype, type Variable } from '@tessera-nn/core';
import { formula as f, type Formula } from '@tessera-nn/kernels';
import { Add, Mul } from '@tessera-nn/modules';
import { isSettled, sizeArithmetic, zipped, type HostArray, type OpenSize } from '../host-array.js';
import type { NodeReading } from '../node-reading.js';
import { operator, type FunctionOperator, type Operator } from '../operator.js';
import { broadcast, same } from '../shape-rules.js';
import { Constant, Flow, type Value } from '../value.js';
import { reshapeOperator } from './shapes.js';

/** Before opset 7 a second input lay along some axes of the first one, from `axis` on. */
function aligned(at: NodeReading): Value[] {
  const inputs = at.inputs as Value[];
  if (at.opset >= 7 || !at.has('axis')) return inputs;
  const [a, b] = [at.input(0), at.input(1)];
  const behind = at.rank(0) - at.axis(at.int('axis', 0)) - at.rank(1);
  if (behind <= 0) return inputs;
  const shape = [...at.settled(at.shape(1)), ...new Array<number>(behind).fill(1)];
  return [a, ...at.apply('Reshape', reshapeOperator, { shape }, [b])];
}

/** Whole numbers stay whole where all are. */
const wholeIfAll = (dtypes: readonly Dtype[]): Dtype =>
  dtypes.every((dtype) => dtype === 'int32') ? 'int32' : 'float32';

/** Formulas compute with floats, also of whole numbers. */
const float = (): Dtype => 'float32';

type Fold = (a: OpenSize, b: OpenSize) => OpenSize;

/** Two inputs, broadcast. */
const binary = (run: (a: Variable, b: Variable) => Variable, fold?: Fold): FunctionOperator => ({
  inputs: aligned,
  dtype: wholeIfAll,
  shape: broadcast,
  run: ([a, b]) => run(a!, b!),
  ...(fold && { fold: foldsWith(fold) }),
});

/** On the host where both are whole numbers, or follow the batch: float weights go the way of all Variables. */
const foldsWith =
  (fold: Fold) =>
  ([a, b]: readonly HostArray[]): HostArray | undefined =>
    a!.dtype === 'int32' || !isSettled(a!) || !isSettled(b!)
      ? zipped(a!, b!, broadcast([a!.shape, b!.shape]), fold)
      : undefined;

const unary = (run: (x: Variable) => Variable): FunctionOperator => ({
  shape: same,
  dtype: float,
  run: ([x]) => run(x!),
});

/** Any count of inputs, broadcast. */
const many = (run: (inputs: readonly Variable[]) => Variable): FunctionOperator => ({
  read: (at) => (at.inputs.length === 1 ? at.input(0) : undefined),
  dtype: float,
  shape: broadcast,
  run,
});

const areAlike = (at: NodeReading): boolean =>
  at.inputs.every(
    (value) =>
      value instanceof Flow &&
      value.dtype === 'float32' &&
      value.shape !== undefined &&
      String(value.shape.map(shown)) === String(at.inputs[0]!.shape?.map(shown)),
  );

const shown = (size: OpenSize): string => (typeof size === 'object' ? `${size.each}b${size.more}` : String(size));

/** What is left of a, with the sign of b. */
const modulo = broadcastingOp({
  name: 'Modulo',
  inputs: ['a', 'b'],
  value: ({ a, b }) => f.sub(a, f.mul(b, f.floor(f.div(a, b)))),
});

/** What is left of a, with the sign of a, as C computes it. */
const remainder = broadcastingOp({
  name: 'Remainder',
  inputs: ['a', 'b'],
  value: ({ a, b }) => {
    const [quotient, left] = [f.div(a, b), (whole: Formula) => f.sub(a, f.mul(b, whole))];
    return f.select(f.lt(quotient, 0), left(f.ceil(quotient)), left(f.floor(quotient)));
  },
});

const ofNumbers =
  (apply: (a: number, b: number) => number): Fold =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? apply(a, b) : NaN;

const floorModulo = (a: number, b: number): number => a - b * Math.floor(a / b);

/** A power whose exponent is one known number has derivatives that one of two Variables has not. */
const exponentOf = (at: NodeReading): number | undefined => {
  const exponent = at.input(1);
  return exponent instanceof Constant && !exponent.learns && exponent.array.values.length === 1
    ? at.numbers(1)[0]!
    : undefined;
};

export const arithmeticOperators: Record<string, Operator> = {
  Add: { ...binary(core.add, sizeArithmetic.add), module: (_, at) => (areAlike(at) ? new Add() : undefined) },
  Sub: binary(core.sub, sizeArithmetic.sub),
  Mul: { ...binary(core.mul, sizeArithmetic.mul), module: (_, at) => (areAlike(at) ? new Mul() : undefined) },
  Div: {
    ...binary(core.div, sizeArithmetic.div),
    attrs: (at) => {
      const isKnown = at.inputs.every((value) => value instanceof Constant);
      return !isKnown && at.input(0).dtype === 'int32' ? at.lacks('of whole numbers that the network computes') : {};
    },
  },
  Mod: operator<{ isOfC: boolean }>({
    attrs: (at) => ({ isOfC: at.flag('fmod') }),
    dtype: float,
    shape: broadcast,
    run: ([a, b], { isOfC }) => (isOfC ? remainder : modulo)({ a: a!, b: b! }),
    fold: (inputs, { isOfC }) => foldsWith(isOfC ? ofNumbers((a, b) => a % b) : ofNumbers(floorModulo))(inputs),
  }),
  Pow: operator<{ exponent?: number }>({
    attrs: (at) => {
      const exponent = exponentOf(at);
      return exponent === undefined ? {} : { exponent };
    },
    inputs: (at) => (exponentOf(at) === undefined ? aligned(at) : [at.input(0)]),
    shape: broadcast,
    run: ([x, y], { exponent }) => core.pow(x!, exponent ?? y!),
  }),
  Sum: {
    ...many((inputs) => inputs.reduce((a, b) => core.add(a, b))),
    module: (_, at) => (areAlike(at) ? new Add() : undefined),
  },
  Mean: many((inputs) => inputs.reduce((a, b) => core.add(a, b)).mul(1 / inputs.length)),
  Max: many((inputs) => inputs.reduce((a, b) => core.maximum(a, b))),
  Min: many((inputs) => inputs.reduce((a, b) => core.minimum(a, b))),
  Neg: unary((x) => x.neg()),
  Abs: unary(core.abs),
  Sqrt: unary(core.sqrt),
  Exp: unary(core.exp),
  Log: unary(core.log),
  Reciprocal: unary(core.reciprocal),
  Floor: unary(core.floor),
  Ceil: unary(core.ceil),
  Round: unary(core.round),
  Sign: unary(core.sign),
  Sin: unary(core.sin),
  Cos: unary(core.cos),
  Erf: unary(core.erf),
};
