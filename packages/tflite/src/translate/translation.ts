import { BatchSize, type Size, type Step, type Stored, type Value } from '@tessera-nn/core/internal';
import type { OperatorName } from '../format/operators.js';
import type { Graph } from '../graph/graph.js';
import { inOrder, isInOrder, lying, mapsLast, moved, movesBetween, movesNothing, type Order } from '../graph/order.js';
import { lengthOf, sameSizes, type Numbers, type Tensor } from '../graph/tensor.js';

/** A value as it lies in the file. */
export interface Lying {
  readonly tensor: Tensor;
  readonly order: Order;
  /** Which column of a matrix each place of its rows holds, where images became rows as they lie. */
  readonly columns?: Int32Array;
}

/** Adds the operators of a step, and says how its results lie. */
export type Translator = (step: Translation) => Lying | readonly Lying[];

/** What a step cannot be written for. */
export class Untranslatable extends Error {}

/** The values of a network that is being written. */
export class Values {
  readonly #lying = new Map<Value, Lying>();
  readonly #constants = new Map<Value, Map<string, Tensor>>();
  readonly #stored: Map<Value, Stored>;

  constructor(
    readonly graph: Graph,
    stored: ReadonlyMap<Value, Stored>,
  ) {
    this.#stored = new Map(stored);
  }

  set(value: Value, lies: Lying): void {
    this.#lying.set(value, lies);
  }

  /** What is alike for all calls, as it was stored: an axis that follows the batch may have one place. */
  constantOf(value: Value): Stored | undefined {
    return this.#stored.get(value);
  }

  /** What a step makes of a constant is one, too. */
  setConstant(value: Value, constant: Stored): void {
    this.#stored.set(value, constant);
  }

  /** How a value lies; constants lie in their order. */
  of(value: Value): Lying {
    const known = this.#lying.get(value);
    if (known) return known;
    const lies = { tensor: this.#constant(value, inOrder(value.shape.length)), order: inOrder(value.shape.length) };
    this.#lying.set(value, lies);
    return lies;
  }

  /** A value with its axes, and its columns, in an order. */
  in(value: Value, order: Order): Tensor {
    if (this.#stored.has(value)) return this.#constant(value, order);
    return this.arranged(this.of(value), order);
  }

  arranged(lies: Lying, order: Order): Tensor {
    const { tensor, order: from } = this.#withoutColumns(lies);
    return this.moved(tensor, movesBetween(from, order));
  }

  /** A tensor with its axes moved. */
  moved(tensor: Tensor, moves: Order): Tensor {
    if (isInOrder(moves)) return tensor;
    const { type } = tensor;
    const shape = lying(tensor.shape, moves);
    if (movesNothing(tensor.shape, moves)) return this.reshaped(tensor, shape);
    return this.graph.add('TRANSPOSE', [tensor, this.graph.ints(moves)], { shape, type });
  }

  reshaped(tensor: Tensor, shape: readonly Size[]): Tensor {
    if (sameSizes(tensor.shape, shape)) return tensor;
    // One length may be left to the runtime: that of the batch.
    const free = shape.findIndex((size) => typeof size !== 'number');
    const isOne = shape.every((size, axis) => axis === free || typeof size === 'number');
    const sizes = isOne ? shape.map((size, axis) => (axis === free ? -1 : size)) : shape;
    return this.graph.add('RESHAPE', [tensor, this.graph.sizes(sizes)], { shape, type: tensor.type });
  }

  #withoutColumns({ tensor, order, columns }: Lying): Lying {
    if (!columns) return { tensor, order };
    const back = new Int32Array(columns.length);
    columns.forEach((column, place) => (back[column] = place));
    const { shape, type } = tensor;
    const picked = this.graph.add(
      'GATHER',
      [tensor, this.graph.constant(back, [back.length])],
      { shape, type },
      {
        axis: shape.length - 1,
      },
    );
    return { tensor: picked, order };
  }

  #constant(value: Value, order: Order): Tensor {
    const known = this.#constants.get(value) ?? new Map<string, Tensor>();
    this.#constants.set(value, known);
    const tensor = known.get(order.join()) ?? this.#makeConstant(value, order);
    known.set(order.join(), tensor);
    return tensor;
  }

  #makeConstant(value: Value, order: Order): Tensor {
    const { values, shape, name } = this.#stored.get(value)!;
    const constant = this.graph.constant(moved(numbersOf(values, value), shape, order), lying(shape, order), name);
    if (value.shape.every((size) => typeof size === 'number')) return constant;
    const sizes = lying(value.shape, order);
    return this.graph.add('BROADCAST_TO', [constant, this.graph.sizes(sizes)], { shape: sizes, type: constant.type });
  }
}

const numbersOf = (values: Stored['values'], { dtype }: Value): Numbers =>
  dtype === 'bool' ? Uint8Array.from(values) : values;

/** A step that is being written. */
export class Translation {
  constructor(
    readonly step: Step,
    readonly values: Values,
  ) {}

  get graph(): Graph {
    return this.values.graph;
  }

  get input(): Value {
    return this.step.inputs[0]!;
  }

  get result(): Value {
    return this.step.results[0]!;
  }

  /** The attributes, as the op has them. The caller knows which of them may follow the batch. */
  attrs<Attrs extends object>(): Attrs {
    return this.step.attrs as Attrs;
  }

  /** How the first input lies, its columns in their order. */
  lying(value: Value = this.input): { tensor: Tensor; order: Order } {
    const { order } = this.values.of(value);
    return { tensor: this.values.in(value, order), order };
  }

  /** With the maps last. */
  images(value: Value = this.input): Tensor {
    return this.values.in(value, mapsLast(value.shape.length));
  }

  inOrder(value: Value = this.input): Tensor {
    return this.values.in(value, inOrder(value.shape.length));
  }

  named(name: string): Value {
    return this.step.named[name]!;
  }

  /** Numbers that the file holds. @throws Untranslatable where an op computes them. */
  constant(name: string): Stored {
    return this.values.constantOf(this.named(name)) ?? this.refuse(`${name} that is computed`);
  }

  /** The result of an operator of the inputs, as the result of the step lies in an order. */
  add(
    name: OperatorName,
    inputs: readonly (Tensor | undefined)[],
    order: Order,
    options: Record<string, number | boolean> = {},
  ): Lying {
    const made = { shape: lying(this.result.shape, order), type: this.result.dtype };
    return { tensor: this.graph.add(name, inputs, made, options), order };
  }

  /** Numbers that do not follow the batch. */
  fixed(sizes: readonly Size[]): number[] {
    return sizes.map((size) => (size instanceof BatchSize ? this.refuse('that follows the batch') : size));
  }

  /** What stands for results of a step that cannot be written, so that others are looked at, too. */
  placeholders(): Lying[] {
    return this.step.results.map(({ shape, dtype }) => ({
      tensor: { name: '', shape, type: dtype },
      order: inOrder(shape.length),
    }));
  }

  refuse(problem: string): never {
    throw new Untranslatable(problem);
  }
}

/** Lengths of axes in a batch of one. */
export const lengthsOf = (shape: readonly Size[]): number[] => shape.map(lengthOf);
