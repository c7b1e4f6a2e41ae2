// A model of Keras as a blueprint of ours. Nothing is built here, so that nothing is allocated for what a file asks for.
import type { Blueprint } from '@tessera-nn/core';
import { join } from '../network/names.js';
import type { HostValues } from '../network/convert.js';
import { Lack, LayerOptions } from './layer-options.js';
import type { LayerGiven, LayerRow, Made, Maker, Order, Part, Weight } from './row.js';
import { layerWithin, rowOf, type Weighted } from './table.js';
import { isInput, type KerasLayer, type KerasModel, type TensorPlace } from './topology.js';

/** Images and volumes have their maps in front here, vectors and sequences behind, as in Keras. */
const orderOf = (rank: number): Order => (rank >= 4 ? 'front' : 'back');

/** The weights of a layer by their names. */
export type WeightsOf = (layer: KerasLayer) => ReadonlyMap<string, Weight>;

/** What conversion needs to know, and what it finds. */
export interface Conversion {
  readonly maker: Maker;
  readonly weightsOf: WeightsOf;
  readonly refuse: (problem: string) => never;
  /** What goes into the network, by its path. */
  readonly values: Map<string, HostValues>;
  /** Paths of modules that do not learn, and of single parameters. */
  readonly frozen: string[];
  readonly fixed: string[];
  /** What no module here can be, with the names of its layers. */
  readonly lacking: Map<string, Set<string>>;
}

/** What flows between layers. The rank is not known behind what cannot be converted. */
interface Flow {
  readonly node: string;
  readonly rank: number | undefined;
  readonly order: Order;
}

interface Node {
  readonly name: string;
  readonly module: string;
  readonly parents: readonly string[];
}

/** A model as a blueprint, and the ranks that go in and come out. */
export interface ConvertedModel {
  readonly blueprint: Blueprint;
  /** The shapes that go in, without the batch; null where a size is not known. */
  readonly shapes: readonly (readonly (number | null)[])[];
  readonly ranks: readonly (number | undefined)[];
}

/** Converts a model. @param path where it comes in the network: empty for the network itself. */
export function convertModel(model: KerasModel, path: string, conversion: Conversion): ConvertedModel {
  return new ModelConverter(model, path, conversion).convert();
}

class ModelConverter {
  readonly #nodes: Node[] = [];
  readonly #modules = new Map<string, Blueprint>();
  /** Modules of layers that run several times, by layer and part. */
  readonly #known = new Map<string, string>();
  readonly #flows = new Map<string, Flow>();

  constructor(
    readonly model: KerasModel,
    readonly path: string,
    readonly conversion: Conversion,
  ) {}

  convert(): ConvertedModel {
    const { model } = this;
    const shapes = new Map<string, readonly (number | null)[]>();
    for (const { layer, call } of inOrder(model, this.conversion.refuse)) {
      const flow = isInput(layer) ? this.#input(layer, shapes) : this.#layer(layer, call);
      this.#flows.set(keyOf({ layer: layer.name, call }), flow);
    }
    const outputs = model.outputs.map((place) => {
      const flow = this.#flowAt(place);
      return this.#moved(flow, flow.rank === undefined ? flow.order : orderOf(flow.rank));
    });
    const blueprint = model.isSequential ? this.#sequential() : this.#graph(outputs);
    const taken = model.inputs.map(({ layer }) => {
      return shapes.get(layer) ?? this.conversion.refuse(`its input "${layer}" leads nowhere`);
    });
    return { blueprint, shapes: taken, ranks: outputs.map(({ rank }) => rank) };
  }

  #sequential(): Blueprint {
    const order = this.#nodes.map(({ module }) => module);
    return { className: 'Sequential', options: { ...this.#name, order }, modules: Object.fromEntries(this.#modules) };
  }

  #graph(outputs: readonly Flow[]): Blueprint {
    const inputs = this.model.inputs.map((place) => this.#flowAt(place).node);
    const [from, to] = [inputs, outputs.map(({ node }) => node)].map((ends) => (ends.length === 1 ? ends[0]! : ends));
    const options = { ...this.#name, nodes: this.#nodes, inputs: from, outputs: to };
    return { className: 'Graph', options, modules: Object.fromEntries(this.#modules) };
  }

  /** A network within another is called by its key. */
  get #name() {
    return this.path === '' ? { name: plainName(this.model.name) } : {};
  }

  #flowAt(place: TensorPlace): Flow {
    return this.#flows.get(keyOf(place)) ?? this.conversion.refuse(`layer "${place.layer}" is read before it runs`);
  }

  #input(layer: KerasLayer, shapes: Map<string, readonly (number | null)[]>): Flow {
    const { batch_shape: given, batch_input_shape: old } = layer.options;
    const sizes = given ?? old;
    const isSize = (size: unknown): size is number | null => size === null || Number.isSafeInteger(size);
    if (!Array.isArray(sizes) || sizes.length < 2 || !sizes.every(isSize)) {
      return this.conversion.refuse(
        `it does not say what shape its input "${layer.name}" has; build it before you save it`,
      );
    }
    const [, ...sample] = sizes;
    shapes.set(layer.name, sample);
    const flow = { rank: sizes.length, order: orderOf(sizes.length) };
    if (this.model.isSequential) return { ...flow, node: '' };
    return { ...flow, node: this.#add(plainName(layer.name), { className: 'Identity', options: {} }, []) };
  }

  #layer(layer: KerasLayer, call: number): Flow {
    const flows = layer.calls[call]!.map((place) => this.#flowAt(place));
    const [first] = flows;
    if (!first) return this.conversion.refuse(`layer "${layer.name}" reads nothing`);
    try {
      if (layer.model) return this.#model(layer, layer.model, flows);
      const row = rowOf(layer.className);
      if (!row) throw new Lack('');
      if (flows.length > 1 !== (row.joins ?? false)) throw new Lack(`of ${flows.length} inputs`);
      const { rank } = first;
      // What came before is lacking already.
      if (rank === undefined || flows.some((flow) => flow.rank !== rank)) return { ...first, rank: undefined };
      const moved = flows.map((flow) => this.#moved(flow, row.takes ?? first.order));
      return this.#parts(
        layer,
        row.make(givenTo(layer, row, this.conversion, { rank, order: moved[0]!.order })),
        moved,
      );
    } catch (error) {
      if (!(error instanceof Lack)) throw error;
      const what = `${layer.className} ${error.message}`.trim();
      const { lacking } = this.conversion;
      lacking.set(what, (lacking.get(what) ?? new Set()).add(layer.path.join('/')));
      return { ...first, rank: undefined };
    }
  }

  #parts(layer: KerasLayer, { parts, rank, order }: Made, inputs: readonly Flow[]): Flow {
    const [first] = inputs as [Flow];
    let nodes = inputs.map(({ node }) => node);
    parts.forEach((part, i) => {
      nodes = [this.#part(layer, part, i, nodes)];
    });
    return { node: nodes[0]!, rank: rank ?? first.rank, order: order ?? first.order };
  }

  #part(layer: KerasLayer, part: Part, place: number, parents: readonly string[]): string {
    const { activation } = part.options;
    const kind = typeof activation === 'string' ? activation : part.className;
    const wanted = plainName(place === 0 ? layer.name : `${layer.name}_${kind}`);
    const ofLayer = `${layer.name}/${place}`;
    const known = part.values ? this.#known.get(ofLayer) : undefined;
    if (known !== undefined) return this.#node(known, parents);
    const name = this.#add(wanted, { className: part.className, options: part.options }, parents);
    const path = join(this.path, name);
    const { values, frozen, fixed } = this.conversion;
    for (const [key, value] of Object.entries(part.values ?? {})) if (value) values.set(join(path, key), value);
    if (layer.options.trainable === false) frozen.push(path);
    fixed.push(...(part.fixed ?? []).map((key) => join(path, key)));
    if (part.values) this.#known.set(ofLayer, name);
    return name;
  }

  #model(layer: KerasLayer, model: KerasModel, flows: readonly Flow[]): Flow {
    if (model.outputs.length > 1) throw new Lack('of several outputs within a model');
    const moved = flows.map((flow) => this.#moved(flow, flow.rank === undefined ? flow.order : orderOf(flow.rank)));
    const parents = moved.map(({ node }) => node);
    const key = `${layer.name}/`;
    const known = this.#known.get(key);
    if (known !== undefined) return { ...moved[0]!, node: this.#node(known, parents) };
    const name = this.#free(plainName(layer.name), this.#modules);
    const { blueprint, ranks } = convertModel(model, join(this.path, name), this.conversion);
    this.#add(name, blueprint, parents);
    this.#known.set(key, name);
    const [rank] = ranks;
    return { node: name, rank, order: rank === undefined ? 'back' : orderOf(rank) };
  }

  /** The same with its maps in another place. */
  #moved(flow: Flow, order: Order): Flow {
    if (flow.order === order || flow.rank === undefined || flow.rank < 3) return { ...flow, order };
    const [src, dst] = order === 'back' ? [1, -1] : [-1, 1];
    const name = `${flow.node || 'input'}_maps_${order}`;
    return { ...flow, order, node: this.#add(name, { className: 'MoveAxis', options: { src, dst } }, [flow.node]) };
  }

  /** Adds a module and its node, and returns the name of both. */
  #add(wanted: string, blueprint: Blueprint, parents: readonly string[]): string {
    const name = this.#free(wanted, this.#modules);
    this.#modules.set(name, blueprint);
    return this.#node(name, parents);
  }

  #node(module: string, parents: readonly string[]): string {
    const name = this.#free(module, new Map(this.#nodes.map((node) => [node.name, node])));
    this.#nodes.push({ name, module, parents });
    return name;
  }

  #free(wanted: string, taken: ReadonlyMap<string, unknown>): string {
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`;
    return name;
  }
}

/** Dots part the names of a path here. */
const plainName = (name: string) => name.replaceAll('.', '_') || 'layer';

const keyOf = ({ layer, call }: TensorPlace) => `${call} ${layer}`;

/** The calls of layers that lead to the outputs, each behind those it reads. */
function* inOrder(
  model: KerasModel,
  refuse: (problem: string) => never,
): Iterable<{ readonly layer: KerasLayer; readonly call: number }> {
  const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
  const callAt = ({ layer: name, call }: TensorPlace) => {
    const layer = layers.get(name) ?? refuse(`it reads a layer "${name}", which it does not have`);
    const parents = isInput(layer) && call === 0 ? [] : layer.calls[call];
    return {
      layer,
      call,
      parents: parents ?? refuse(`it reads call ${call} of layer "${name}", which it does not have`),
    };
  };
  const open = new Set<string>();
  const done = new Set<string>();
  const waiting = [...model.outputs].reverse();
  while (waiting.length > 0) {
    const place = waiting.at(-1)!;
    const key = keyOf(place);
    const { layer, call, parents } = callAt(place);
    if (open.has(key) || done.has(key)) {
      waiting.pop();
      if (!done.has(key)) yield { layer, call };
      done.add(key);
      continue;
    }
    open.add(key);
    for (const parent of [...parents].reverse()) {
      if (done.has(keyOf(parent))) continue;
      if (open.has(keyOf(parent))) refuse(`its layers read one another in a circle, at "${parent.layer}"`);
      waiting.push(parent);
    }
  }
}

/** What the row of a layer makes its modules from. */
function givenTo(
  layer: KerasLayer,
  row: LayerRow,
  { maker, weightsOf }: Conversion,
  read: { readonly rank: number; readonly order: Order },
): LayerGiven {
  const weights = weightsOf(layer);
  const of = (own: Weighted, prefix: string): LayerGiven => {
    const weightIf = (name: string) => weights.get(prefix + name);
    return {
      ...{ maker, ...read, weightIf, options: new LayerOptions(own.options) },
      weight(name, rank) {
        const weight = weightIf(name);
        if (!weight) throw new Lack(`without its weight "${name}"`);
        if (rank === undefined || weight.shape.length === rank) return weight;
        throw new Lack(`whose "${name}" has the shape [${weight.shape.join(', ')}]`);
      },
      wrapped(way) {
        const inner = layerWithin(own, way);
        const innerRow = rowOf(inner.className);
        if (!innerRow) throw new Lack(`around a ${inner.className}`);
        return {
          row: innerRow,
          className: inner.className,
          given: of(inner, way === '' ? prefix : `${prefix}${way}.`),
        };
      },
    };
  };
  return of(layer, '');
}
