import { create } from '@bufbuild/protobuf';
import { Graph } from '@tessera-nn/containers';
import { isPlainObject, plainBytes } from '@tessera-nn/core/internal';
import {
  option,
  optionsOf,
  TesseraError,
  type AnyNode,
  type Given,
  type Data,
  type Node,
  type Variable,
} from '@tessera-nn/core';
import { Identity } from '@tessera-nn/modules';
import { readModel } from '../format/read-model.js';
import { dtypeOf } from '../format/read-tensor.js';
import {
  NodeSchema,
  type Dimension,
  type Graph as FileGraph,
  type Node as FileNode,
  type ValueInfo,
} from '../format/messages.js';
import { OnnxError } from '../onnx-error.js';
import { BatchSize } from '@tessera-nn/core/internal';
import { external, externalBytes } from './external.js';
import { FREE, type OpenSize } from './host-array.js';
import { LackingList } from './lacking-list.js';
import { NetworkBuilder } from './network-builder.js';
import { Lacking, NodeReading } from './node-reading.js';
import { operators } from './operators.js';
import { nodesInOrder } from './order.js';
import { Constant, Flow, type Value } from './value.js';

const DEFAULT_LIMIT = 2 ** 28;

const options = optionsOf('fromOnnx', {
  /** The bytes of files beside it that hold weights, by the names that it has for them, or a function of these names. */
  external,
  /**
   * Shapes of inputs by name, where the file leaves sizes open that something depends on: `null` for the batch, which
   * may be of any size.
   */
  shapes: option
    .kind<Readonly<Record<string, readonly (number | null)[]>>>('shapes by name', isPlainObject)
    .or({} as never),
  /** Give up before numbers that are computed while it is read are more than this. Default 2^28. */
  limit: option.numberBetween(0, Infinity).or(DEFAULT_LIMIT),
  /** Name of the network. Default: that of the file's graph. */
  name: option.text.optional,
});
export type FromOnnxOptions = Given<typeof options>;

/**
 * The network of an ONNX file, of any opset up to today's, as a `Graph` of modules. It comes in eval mode, computes what the file
 * computes, and can be trained: float initializers are parameters, constants are not, and batch norms go on with the
 * statistics of the file.
 *
 * Convolutions, poolings, norms, layers and activations are the modules of this package; what has none, as arithmetic with
 * broadcasting, is an `Operation`. An initializer that several nodes read is one Variable. What follows from constants and
 * from sizes is computed while the file is read. Where it leaves the first size of an input open, batches may be of any size.
 * One input and one output are taken and returned alone, several as lists, which the caller says:
 * `fromOnnx<readonly Variable[]>(bytes)`; inputs that no output depends on are left out.
 *
 * Nothing in the file is run, and what it asks for is counted before it is allocated.
 *
 * @throws OnnxError for what is not a sound ONNX file; for one with operators that are not read, which names them all at once,
 *   with how often and in which nodes; for weights beside the file that were not given.
 * @example
 * import { exportOnnx, fromOnnx } from '@tessera-nn/onnx';
 * const copy = fromOnnx(await exportOnnx(net, [1, 1, 28, 28]));
 */
export function fromOnnx<Input extends Data = Variable, Output extends Data = Variable>(
  bytes: Uint8Array,
  given: FromOnnxOptions = {},
): Graph<Node<Input>, Node<Data, Output>> {
  const read = options.read(given);
  const { graph, opset } = readModel(plainBytes(bytes, 'fromOnnx'));
  const builder = new NetworkBuilder(externalBytes(read.external), read.limit);
  try {
    const network = new GraphReading(graph, opset, builder, read.shapes).network(read.name ?? (graph.name || 'net'));
    return network as unknown as Graph<Node<Input>, Node<Data, Output>>;
  } catch (error) {
    builder.dispose();
    throw error;
  }
}

/** A graph of a file that is being read. Undefined values are results of what cannot be read. */
class GraphReading {
  readonly #values = new Map<string, Value | undefined>();
  readonly #lacking = new LackingList();
  /** What nodes and outputs read. */
  readonly #wanted = new Set<string>();

  constructor(
    private readonly graph: FileGraph,
    private readonly opset: number,
    private readonly builder: NetworkBuilder,
    private readonly shapes: Readonly<Record<string, readonly (number | null)[]>>,
  ) {}

  network(name: string): Graph {
    const { graph } = this;
    const order = nodesInOrder(graph);
    for (const name of [...order.flatMap(({ input }) => input), ...graph.output.map((output) => output.name)]) {
      if (name !== '') this.#wanted.add(name);
    }
    for (const tensor of graph.initializer) {
      if (!this.#wanted.has(tensor.name)) continue;
      const array = this.builder.read(tensor);
      this.#values.set(tensor.name, new Constant(array, array.dtype === 'float32'));
    }
    const inputs = graph.input.filter((input) => !this.#values.has(input.name) && this.#wanted.has(input.name));
    for (const input of inputs) this.#values.set(input.name, this.#input(input));
    for (const node of order) this.#read(node);
    this.#lacking.check();
    return this.#close(inputs, name);
  }

  #input({ name, type }: ValueInfo): Flow {
    const { elemType = 0, shape } = type?.tensorType ?? {};
    const dtype = dtypeOf(elemType, `The input "${name}"`);
    const module = new Identity();
    const wanted = Object.hasOwn(this.shapes, name) ? this.shapes[name] : undefined;
    const batch = shape?.dim[0]?.size;
    const sizes = wanted
      ? wanted.map((size) => size ?? new BatchSize(1, 0))
      : shape?.dim.map((dimension, axis) => sizeOf(dimension, axis, batch));
    return this.builder.input(name, sizes, dtype, module);
  }

  #read(node: FileNode): void {
    const inputs = node.input.map((name) => this.#value(name));
    if (node.input.some((name, i) => name !== '' && inputs[i] === undefined && this.#values.has(name))) {
      // Something before it cannot be read; whether it can is still worth telling.
      if (!isKnown(node)) this.#lacking.add(node, 'is not known');
      for (const name of node.output) this.#values.set(name, undefined);
      return;
    }
    const results = this.#attempt(node, inputs);
    const further = node.output.findIndex((name, i) => i >= results.length && this.#wanted.has(name));
    if (results.length > 0 && further > 0) this.#lacking.add(node, `whose output ${further} is read`);
    node.output.forEach((name, i) => this.#values.set(name, results[i]));
  }

  #value(name: string): Value | undefined {
    if (name === '' || this.#values.has(name)) return name === '' ? undefined : this.#values.get(name);
    throw new OnnxError(`A node of the file reads "${name}", which nothing makes`, { path: name });
  }

  #attempt(node: FileNode, inputs: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
    if (!isKnown(node)) {
      this.#lacking.add(node, 'is not known');
      return [];
    }
    try {
      const results = resultsOf(new NodeReading(node, this.opset, inputs, this.builder));
      return results;
    } catch (error) {
      if (error instanceof OnnxError) throw error;
      if (error instanceof Lacking) this.#lacking.add(node, error.message);
      else if (error instanceof TesseraError) this.#lacking.add(node, `is refused: ${error.message}`);
      else throw error;
      return [];
    }
  }

  #close(inputs: readonly ValueInfo[], name: string): Graph {
    const ends = this.graph.output.map((output) => this.#end(output));
    const reached = reachable(ends);
    const starts = inputs
      .map((input) => (this.#values.get(input.name) as Flow).node)
      .filter((node) => reached.has(node));
    const [first, last] = [starts.length === 1 ? starts[0]! : starts, ends.length === 1 ? ends[0]! : ends];
    const network = new Graph({ inputs: first, outputs: last, name });
    network.evalMode();
    return network as Graph;
  }

  /** The node that returns an output, and it alone. */
  #end({ name }: ValueInfo): AnyNode {
    const value = this.#value(name) ?? this.#refuseOutput(name);
    if (value instanceof Flow && value.slot === undefined) return value.node;
    const node = create(NodeSchema, { opType: 'Identity', name });
    const identity = new NodeReading(node, this.opset, [value], this.builder);
    if (!this.builder.source) throw new OnnxError('The network of the file has no inputs', { path: name });
    return (identity.run(new Identity(), [identity.flow(0)]) as Flow).node;
  }

  #refuseOutput(name: string): never {
    throw new OnnxError(`The output "${name}" of the file is not made by its nodes`, { path: name });
  }
}

const isKnown = ({ opType, domain }: FileNode): boolean =>
  (domain === '' || domain === 'ai.onnx') && Object.hasOwn(operators, opType);

function resultsOf(at: NodeReading): readonly Value[] {
  const { opType } = at.node;
  const operator = operators[opType]!;
  if (typeof operator === 'function') return [operator(at)].flat();
  const read = operator.read?.(at);
  if (read) return [read];
  const attrs = operator.attrs?.(at) ?? {};
  const inputs = operator.inputs?.(at) ?? at.inputs.map((_, place) => at.input(place));
  return at.apply(opType, operator, attrs, inputs);
}

/** What the file says of a size: a number, the batch, or nothing. */
function sizeOf({ size }: Dimension, axis: number, batch: Dimension['size'] | undefined): OpenSize {
  if (size.case === 'dimValue' && size.value > 0n) return Number(size.value);
  const isBatch = axis === 0 || (size.case === 'dimParam' && batch?.case === 'dimParam' && size.value === batch.value);
  return isBatch ? new BatchSize(1, 0) : FREE;
}

/** All nodes that outputs depend on. */
function reachable(ends: readonly AnyNode[]): Set<AnyNode> {
  const found = new Set(ends);
  for (const node of found) for (const edge of node.edges) found.add(edge.node);
  return found;
}
