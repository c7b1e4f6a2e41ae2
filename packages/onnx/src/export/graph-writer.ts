import { create } from '@bufbuild/protobuf';
import { attribute, type AttributeValue } from '../format/attributes.js';
import {
  DimensionSchema,
  GraphSchema,
  NodeSchema,
  Tensor_DataType as DataType,
  ValueInfoSchema,
  type Graph,
  type Node,
  type Tensor,
  type ValueInfo,
} from '../format/messages.js';
import { tensorOf, type FileNumbers } from '../format/tensors.js';
import { BatchSize, type Size, type Stored, type Value } from '@tessera-nn/core/internal';

/** What a dimension that follows the batch is called in the file. */
const BATCH = 'batch';

const dataTypes = { float32: DataType.FLOAT, int32: DataType.INT32, bool: DataType.BOOL } as const;

/** The ONNX number types of ours. */
export const dataTypeOfValue = ({ dtype }: Value): DataType => dataTypes[dtype];

/** Writes the nodes of a graph, each with a name of its own. */
export class GraphWriter {
  /** Where the nodes that are added now belong: the path of a module. */
  place = '';
  readonly #nodes: Node[] = [];
  readonly #initializers: Tensor[] = [];
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #taken = new Set<string>();
  readonly #named = new Map<Value, string>();
  readonly #constants = new Map<string, string>();
  /** The input that says how large the batch is. */
  #batchOf: string | undefined;

  /** @param stored what no node makes. `reserved` are names that nothing else may have. */
  constructor(
    private readonly stored: ReadonlyMap<Value, Stored>,
    reserved: Iterable<string> = [],
  ) {
    for (const name of reserved) this.#taken.add(name);
    for (const { name } of stored.values()) if (name !== undefined) this.#taken.add(name);
  }

  /** An input of the graph. */
  addInput(name: string, value: Value): void {
    this.#inputs.push(valueInfo(name, value));
    this.#named.set(value, name);
    if (value.shape[0] instanceof BatchSize) this.#batchOf ??= name;
  }

  /** An output of the graph; its name is reserved. */
  addOutput(name: string, value: Value): void {
    this.#nodes.push(create(NodeSchema, { opType: 'Identity', name, input: [this.nameOf(value)], output: [name] }));
    this.#outputs.push(valueInfo(name, value));
  }

  /** A node with one result, whose name it returns; inputs that are left out are empty. */
  add(opType: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}): string {
    return this.addAll(opType, inputs, attributes, 1)[0]!;
  }

  /** A node with several results. */
  addAll(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeValue>,
    results: number,
  ): string[] {
    const name = this.#fresh(this.place ? `${this.place}/${opType}` : opType);
    const output = results === 1 ? [name] : Array.from({ length: results }, (_, i) => this.#fresh(`${name}:${i}`));
    const attributeList = Object.entries(attributes).map(([key, value]) => attribute(key, value));
    this.#nodes.push(create(NodeSchema, { opType, name, input: [...inputs], output, attribute: attributeList }));
    return output;
  }

  /** What a value is called; parameters become initializers, and constants nodes, when they are first asked for. */
  nameOf(value: Value): string {
    const known = this.#named.get(value);
    if (known !== undefined) return known;
    const { values, shape, name: wanted } = this.stored.get(value)!;
    const stored = wanted ?? this.#fresh('constant');
    if (wanted === undefined) this.#addConstant(stored, shape, values);
    else this.#initializers.push(tensorOf(stored, shape, values));
    // What is alike for all samples is stored once.
    const name = value.shape.some((size) => typeof size !== 'number')
      ? this.add('Expand', [stored, this.sizes(value.shape)])
      : stored;
    this.#named.set(value, name);
    return name;
  }

  /** Says what a node made. */
  setName(value: Value, name: string): void {
    this.#named.set(value, name);
  }

  /** A float as a scalar. */
  number(value: number): string {
    return this.#constant([], Float32Array.of(value));
  }

  /** Floats as a vector. */
  numbers(values: readonly number[]): string {
    return this.#constant([values.length], Float32Array.from(values));
  }

  /** Whole numbers as a vector, as shapes and axes are. */
  ints(values: readonly number[]): string {
    return this.#constant([values.length], BigInt64Array.from(values.map(BigInt)));
  }

  /** Sizes as a vector; those that follow the batch are computed. */
  sizes(sizes: readonly Size[]): string {
    if (sizes.every((size) => typeof size === 'number')) return this.ints(sizes);
    const pieces = sizes.map((size) => (typeof size === 'number' ? this.ints([size]) : this.#sizeOfBatch(size)));
    return pieces.length === 1 ? pieces[0]! : this.add('Concat', pieces, { axis: 0 });
  }

  graph(name: string): Graph {
    return create(GraphSchema, {
      name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    });
  }

  #sizeOfBatch({ each, more }: BatchSize): string {
    const batch = this.add('Shape', [this.#batchOf!], { start: 0, end: 1 });
    const scaled = each === 1 ? batch : this.add('Mul', [batch, this.ints([each])]);
    return more === 0 ? scaled : this.add('Add', [scaled, this.ints([more])]);
  }

  #constant(shape: readonly number[], values: Float32Array | BigInt64Array): string {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.byteLength / Uint32Array.BYTES_PER_ELEMENT);
    const key = `${values.constructor.name} [${shape.join()}] ${bits.join()}`;
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = this.#fresh('constant');
      this.#addConstant(name, shape, values);
      this.#constants.set(key, name);
    }
    return name;
  }

  /** As a node: initializers are what a network learns, to those who read the file. */
  #addConstant(name: string, shape: readonly number[], values: FileNumbers): void {
    const value = attribute('value', tensorOf('', shape, values));
    this.#nodes.push(create(NodeSchema, { opType: 'Constant', name, output: [name], attribute: [value] }));
  }

  #fresh(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }
}

function valueInfo(name: string, value: Value): ValueInfo {
  const dim = value.shape.map((size) =>
    create(DimensionSchema, {
      size:
        typeof size === 'number'
          ? { case: 'dimValue', value: BigInt(size) }
          : { case: 'dimParam', value: nameOfSize(size) },
    }),
  );
  return create(ValueInfoSchema, { name, type: { tensorType: { elemType: dataTypeOfValue(value), shape: { dim } } } });
}

const nameOfSize = ({ each, more }: BatchSize): string =>
  `${each === 1 ? '' : `${each} * `}${BATCH}${more === 0 ? '' : ` + ${more}`}`;
