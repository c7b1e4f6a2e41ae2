import { BatchSize, type Range, type Size } from '@tessera-nn/core/internal';
import type { OperatorName, TensorType } from '../format/operators.js';
import type { Numbers, Operator, Tensor } from './tensor.js';

/** So many numbers are compared with others. */
const FEW = 64;

/** What an operator makes. */
export interface Made {
  readonly shape: readonly Size[];
  readonly type?: TensorType;
}

/** A network as the operators of a file. */
export class Graph {
  /** Where the operators that are added now belong: the path of a module. */
  place = '';
  operators: Operator[] = [];
  readonly inputs: Tensor[] = [];
  readonly outputs: Tensor[] = [];
  /** In which range tensors lie, where that was seen. */
  readonly ranges = new Map<Tensor, Range>();
  readonly #taken = new Set<string>();
  readonly #constants = new Map<string, Tensor>();

  /** `reserved` are names that nothing else may have. */
  constructor(reserved: Iterable<string> = []) {
    this.#taken = new Set(reserved);
  }

  addInput(name: string, made: Made): Tensor {
    const tensor = { name, type: 'float32', ...made } as const;
    this.inputs.push(tensor);
    return tensor;
  }

  /** An output; its name is reserved. */
  addOutput(name: string, tensor: Tensor): void {
    const output = { ...tensor, name };
    const isMade = this.operators.some(({ outputs }) => outputs.includes(tensor)) && !this.#isOutput(tensor);
    if (isMade) {
      const named = (one: Tensor | undefined) => (one === tensor ? output : one);
      this.operators = this.operators.map((operator) => ({
        ...operator,
        inputs: operator.inputs.map(named),
        outputs: operator.outputs.map((one) => named(one)!),
      }));
      this.outputs.push(output);
      const range = this.ranges.get(tensor);
      if (range) this.ranges.set(output, range);
    } else {
      // An input, a constant, or what is an output already: an output of its own.
      const { shape, type } = tensor;
      const sizes = this.sizes(shape.map((size) => (size instanceof BatchSize ? -1 : size)));
      this.operators.push({ name: 'RESHAPE', inputs: [tensor, sizes], outputs: [{ name, shape, type }], options: {} });
      this.outputs.push(this.operators.at(-1)!.outputs[0]!);
    }
  }

  /** An operator with one result. */
  add(
    name: OperatorName,
    inputs: readonly (Tensor | undefined)[],
    made: Made,
    options: Record<string, number | boolean> = {},
  ): Tensor {
    return this.addAll(name, inputs, [made], options)[0]!;
  }

  /** An operator with several results. */
  addAll(
    name: OperatorName,
    inputs: readonly (Tensor | undefined)[],
    made: readonly Made[],
    options: Record<string, number | boolean> = {},
  ): Tensor[] {
    const outputs = made.map((one): Tensor => ({ name: this.#fresh(this.#placed(name)), type: 'float32', ...one }));
    this.operators.push({ name, inputs, outputs, options });
    return outputs;
  }

  /** Numbers that the file holds; a few that are alike are held once. */
  constant(data: Numbers, shape: readonly number[], given?: string): Tensor {
    const name = () => (given === undefined ? this.#fresh(this.#placed('constant')) : this.#fresh(given));
    if (data.length > FEW) return { name: name(), shape, type: typeOf(data), data };
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${data.constructor.name} [${shape.join()}] ${bytes.join()}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const tensor: Tensor = { name: name(), shape, type: typeOf(data), data };
    this.#constants.set(key, tensor);
    return tensor;
  }

  floats(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
    return this.constant(Float32Array.from(values), shape);
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
    return this.constant(Int32Array.from(values), shape);
  }

  /** Sizes as a vector; those that follow the batch are computed. */
  sizes(sizes: readonly Size[]): Tensor {
    if (sizes.every((size) => typeof size === 'number')) return this.ints(sizes);
    const each = sizes.map((size) => (typeof size === 'number' ? this.ints([size], []) : this.#sizeOfBatch(size)));
    const options = { count: each.length, axis: 0 };
    return this.add('PACK', each, { shape: [each.length], type: 'int32' }, options);
  }

  #placed(name: string): string {
    return this.place ? `${this.place}/${name}` : name;
  }

  /** A name that nothing else has. */
  #fresh(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }

  #isOutput(tensor: Tensor): boolean {
    return this.outputs.includes(tensor);
  }

  #sizeOfBatch({ each, more }: BatchSize): Tensor {
    const input = this.inputs.find(({ shape: [first] }) => first instanceof BatchSize)!;
    const type = 'int32';
    const shape = this.add('SHAPE', [input], { shape: [input.shape.length], type }, { type: 2 });
    const bounds = [0, 1, 1].map((place) => this.ints([place]));
    const batch = this.add('STRIDED_SLICE', [shape, ...bounds], { shape: [], type }, { shrinkAxisMask: 1 });
    const scaled = each === 1 ? batch : this.add('MUL', [batch, this.ints([each], [])], { shape: [], type });
    return more === 0 ? scaled : this.add('ADD', [scaled, this.ints([more], [])], { shape: [], type });
  }
}

const typeOf = (data: Numbers): TensorType =>
  data instanceof Float32Array
    ? 'float32'
    : data instanceof Int32Array
      ? 'int32'
      : data instanceof Int8Array
        ? 'int8'
        : 'bool';
