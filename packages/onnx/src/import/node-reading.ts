import { noGrad, scope, Variable, type AnyModule, type Data, type Dtype } from '@tessera-nn/core';
import { variablesIn } from '@tessera-nn/core/internal';
import type { Attribute, Node as FileNode } from '../format/messages.js';
import type { FileTensor } from '../format/read-tensor.js';
import { BatchSize } from '@tessera-nn/core/internal';
import { isSettled, lengthOf, type HostArray, type OpenSize } from './host-array.js';
import type { NetworkBuilder } from './network-builder.js';
import { Operation } from './operation.js';
import { operators } from './operators.js';
import type { Attributes, FunctionOperator } from './operator.js';
import { shapesAfter } from './shapes-after.js';
import { Constant, Flow, type OpenShape, type Value } from './value.js';

/** What of a node cannot be read. All of a file are collected before they are told. */
export class Lacking extends Error {}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A size that is the same for all batches, or each times the batch and more. */
export type PlainSize = number | { readonly each: number; readonly more: number };

/** A node of the file that is being read: its attributes, its inputs, and ways to add what computes its results. */
export class NodeReading {
  readonly #attributes: ReadonlyMap<string, Attribute>;

  constructor(
    readonly node: FileNode,
    /** The version of the operators that the file was written for. */
    readonly opset: number,
    /** In their order; undefined for those that are left out. */
    readonly inputs: readonly (Value | undefined)[],
    private readonly builder: NetworkBuilder,
  ) {
    this.#attributes = new Map(node.attribute.map((attribute) => [attribute.name, attribute]));
  }

  // ---- attributes

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  int(name: string, preset: number): number {
    const value = this.#attributes.get(name)?.i;
    return value === undefined ? preset : Number(value);
  }

  flag(name: string, preset = false): boolean {
    return this.int(name, Number(preset)) !== 0;
  }

  float(name: string, preset: number): number {
    return this.#attributes.get(name)?.f ?? preset;
  }

  text(name: string, preset: string): string {
    const bytes = this.#attributes.get(name)?.s;
    return bytes ? textOf(bytes) : preset;
  }

  ints(name: string): number[] | undefined {
    return this.#attributes.get(name)?.ints.map(Number);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attributes.get(name)?.floats;
  }

  tensor(name: string): FileTensor | undefined {
    const tensor = this.#attributes.get(name)?.t;
    return tensor && this.builder.read(tensor);
  }

  // ---- inputs

  /** Whether an input is there. */
  given(place: number): boolean {
    return this.inputs[place] !== undefined;
  }

  input(place: number): Value {
    return this.inputs[place] ?? this.lacks(`without its input ${place}`);
  }

  /** An input that the network computes. */
  flow(place: number): Flow {
    const value = this.input(place);
    return value instanceof Flow ? value : this.lift(value);
  }

  /** An input that must be known now. */
  constant(place: number, what = `input ${place}`): Constant {
    const value = this.input(place);
    return value instanceof Constant ? value : this.lacks(`whose ${what} is computed by the network`);
  }

  /** What is written as attributes in older files, and as constant inputs in newer ones: whole numbers. */
  list(name: string, place: number): number[] | undefined {
    return this.ints(name) ?? (this.given(place) ? this.numbers(place, name) : undefined);
  }

  /** A constant input, number by number. */
  numbers(place: number, what?: string): number[] {
    return this.settled(this.sizes(place, what));
  }

  /** A constant input whose numbers may follow the batch. */
  sizes(place: number, what?: string): OpenSize[] {
    return Array.from(this.constant(place, what).array.values);
  }

  /** Numbers that are the same for all batches. */
  settled(sizes: readonly OpenSize[]): number[] {
    return sizes.map((size) => (typeof size === 'number' ? size : this.lacks('whose numbers depend on open sizes')));
  }

  /** Sizes as plain data: those that follow the batch as what an `Operation` resolves by the size of a batch. */
  plain(sizes: readonly OpenSize[]): PlainSize[] {
    return sizes.map((size) => {
      if (typeof size === 'number') return size;
      if (size instanceof BatchSize) return { each: size.each, more: size.more };
      return this.lacks('whose numbers depend on open sizes');
    });
  }

  /** The shape of an input. */
  shape(place: number): OpenShape {
    return this.input(place).shape ?? this.lacks('of an input whose rank the file does not say');
  }

  rank(place: number): number {
    return this.shape(place).length;
  }

  /** An axis counted from the front. */
  axis(axis: number, place = 0): number {
    return axis < 0 ? axis + this.rank(place) : axis;
  }

  // ---- results

  /**
   * Adds a module that reads values.
   *
   * @param weights constants by the names of the module's parameters and buffers that they become.
   */
  run(module: AnyModule, inputs: readonly Value[], weights: Readonly<Record<string, Constant>> = {}): Value {
    return this.runAll(module, inputs, weights)[0]!;
  }

  /** Adds a module that returns a list. */
  runAll(
    module: AnyModule,
    inputs: readonly Value[],
    weights: Readonly<Record<string, Constant>> = {},
    dtype?: Dtype,
  ): Value[] {
    for (const [name, constant] of Object.entries(weights)) this.builder.setWeight(module, name, constant);
    module.evalMode();
    if (inputs.every((value) => value instanceof Constant)) return this.#computed(module, inputs);
    const flows = inputs.map((value) => (value instanceof Flow ? value : this.lift(value)));
    return this.builder.place(module, flows, this.node, dtype ?? flows[0]!.dtype);
  }

  /** Adds a function of Variables, for this node or as a part of what it does. */
  apply(name: string, operator: FunctionOperator, attrs: Attributes, inputs: readonly Value[]): readonly Value[] {
    const isKnown = inputs.every((value) => value instanceof Constant);
    if (isKnown) {
      this.#spend(
        operator.shape(
          inputs.map(({ shape }) => shape),
          attrs,
        ),
      );
      const folded = operator.fold?.(
        inputs.map(({ array }) => array),
        attrs,
      );
      const learns = inputs.some((value) => value.learns);
      if (folded)
        return [folded].flat().map((array: HostArray) => new Constant(array, learns && array.dtype === 'float32'));
    }
    if (inputs.every((value) => value instanceof Flow)) {
      const module = operator.module?.(attrs, this);
      if (module) return this.runAll(module, inputs, {}, this.#dtype(operator, attrs, inputs));
    }
    const held = inputs.flatMap((value, place) =>
      value instanceof Constant && !isKnown
        ? [{ place, shape: value.shape, dtype: value.dtype, learns: value.learns }]
        : [],
    );
    const operation = new Operation({ operator: name, attrs, held });
    const weights = Object.fromEntries(held.map(({ place }) => [`inputs.${place}`, inputs[place] as Constant]));
    const reads = isKnown ? inputs : inputs.filter((value) => value instanceof Flow);
    return this.runAll(operation, reads, weights, this.#dtype(operator, attrs, inputs));
  }

  #dtype({ dtype }: FunctionOperator, attrs: Attributes, inputs: readonly Value[]): Dtype {
    const dtypes = inputs.map((value) => value.dtype);
    return dtype ? dtype(dtypes, attrs) : dtypes[0]!;
  }

  /** A constant in another shape: the same Variable wherever it is asked for. */
  reshaped(constant: Constant, shape: readonly number[]): Constant {
    return this.builder.reshaped(constant, shape);
  }

  /** A constant as what a module reads, which needs an input of the network to run behind. */
  lift(value: Constant): Flow {
    return this.apply('Held', operators['Held'] as FunctionOperator, {}, [this.source, value])[0] as Flow;
  }

  /** The first input of the network, whose batch is that of all. */
  get source(): Flow {
    return this.builder.source ?? this.lacks('of a network without inputs');
  }

  /** What a module returns for constants. */
  #computed(module: AnyModule, inputs: readonly Constant[]): Constant[] {
    const learns = inputs.some((value) => value.learns);
    if (!inputs.every(({ array }) => isSettled(array))) this.lacks('whose numbers depend on open sizes');
    try {
      this.#spend(
        shapesAfter(
          module,
          inputs.map(({ shape }) => shape),
        ) as readonly (readonly number[])[],
      );
      return scope(() =>
        noGrad(() => {
          const variables = inputs.map(({ array }) => this.builder.variableOf(array));
          const result: Data = module.forward(variables.length === 1 ? variables[0]! : variables);
          return variablesIn(result).map((variable: Variable) => {
            const { shape, dtype } = variable;
            const values = variable.data.dataSync() as Float32Array;
            return new Constant({ dtype, shape, values: values.slice() }, learns && dtype === 'float32');
          });
        }),
      );
    } finally {
      module.dispose();
    }
  }

  /** Counts what constants are going to take, before it is made. */
  #spend(shapes: readonly number[] | readonly (readonly number[])[]): void {
    const each = (Array.isArray(shapes[0]) ? shapes : [shapes]) as readonly (readonly number[])[];
    for (const shape of each) this.builder.spend(lengthOf(shape));
  }

  /** A constant of this node's own; its numbers are made when it is known that there is room for them. */
  make(dtype: Dtype, shape: readonly number[], values: () => ArrayLike<OpenSize>): Constant {
    this.#spend(shape);
    return new Constant({ dtype, shape, values: values() }, false);
  }

  /** Tells that this node cannot be read. */
  lacks(problem: string): never {
    throw new Lacking(problem);
  }
}
