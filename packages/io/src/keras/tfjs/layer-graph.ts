// A graph of ours as layers of tfjs-layers, and what reads what.
import type { Graph } from '@tessera-nn/containers';
import { Node, type AnyModule, type AnyNode, type Shapes, type Variable } from '@tessera-nn/core';
import { isShapeList } from '@tessera-nn/core/internal';
import { Problems } from '../../network/problems.js';
import { Lack } from '../layer-options.js';
import type { Order } from '../row.js';
import { moduleRow } from './layers-of.js';
import type { ModuleGiven, WrittenLayer } from './written.js';

/** One output of a call of a layer. */
export type Place = readonly [layer: string, call: number];

/** A layer with its name and what it reads, for each time that it runs. */
export interface NamedLayer extends WrittenLayer {
  readonly name: string;
  readonly calls: (readonly Place[])[];
}

/** What flows in the network, as it is there. */
interface Flow {
  readonly place: Place;
  readonly shape: readonly number[];
  readonly order: Order;
}

/** The nodes at an end of a graph. */
const nodesIn = (end: Graph['inputs']): readonly AnyNode[] => (end instanceof Node ? [end] : end);

type ValuesOf = (variable: Variable) => Float32Array;

/** Images and volumes have their maps behind there; all else is as here. */
const orderOf = (shape: readonly number[]): Order => (shape.length >= 4 ? 'front' : 'back');

/** Writes the nodes of a graph, one behind the other. */
export class LayerGraph {
  readonly layers: NamedLayer[] = [];
  readonly problems = new Problems();
  readonly inputs: Place[] = [];
  readonly outputs: Place[] = [];
  readonly #names = new Set<string>();
  /** The layers of modules with weights, which run again under the same name. */
  readonly #written = new Map<AnyModule, NamedLayer[]>();

  constructor(
    readonly graph: Graph,
    shapes: readonly (readonly number[])[],
    readonly valuesOf: ValuesOf,
  ) {
    const after = graph.shapesFrom((shapes.length === 1 ? shapes[0] : shapes) as never);
    const flows = new Map<AnyNode, Flow>();
    const ends = nodesIn(graph.inputs);
    for (const [name, node] of graph.nodes) {
      const at = ends.indexOf(node);
      const read = at >= 0 ? [this.#input(shapes[at]!, name)] : node.edges.map((edge) => flows.get(edge.node)!);
      if (node.edges.some(({ slots }) => slots !== undefined))
        this.problems.add(() => `"${name}" reads a part of a list`);
      flows.set(node, this.#node(node, name, read, after.get(name)!));
    }
    for (const node of nodesIn(graph.outputs)) {
      const flow = flows.get(node)!;
      this.outputs.push(this.#moved(flow, orderOf(flow.shape)).place);
    }
  }

  #input(shape: readonly number[], reader: string): Flow {
    const order = orderOf(shape);
    const [, ...sample] = shape;
    const there = order === 'front' ? [...sample.slice(1), sample[0]!] : sample;
    const config = { batch_input_shape: [null, ...there], dtype: 'float32', sparse: false };
    const place = this.#add({ className: 'InputLayer', config }, `${reader}_input`, []);
    this.inputs.push(place);
    return { place, shape, order };
  }

  #node({ module }: AnyNode, name: string, read: readonly Flow[], after: Shapes): Flow {
    const [first] = read as [Flow];
    const shape = (isShapeList(after) ? after[0]! : after) as readonly number[];
    const row = moduleRow(module);
    try {
      if (!row || isShapeList(after)) throw new Lack('');
      const moved = read.map((flow) => this.#moved(flow, row.takes ?? first.order));
      const { order, shape: before } = moved[0]!;
      const given: ModuleGiven = { order, shape: before, after: shape, values: this.valuesOf };
      const written = row.write(module, given);
      const places = moved.map(({ place }) => place);
      const end = this.#run(module, name, written.layers, places);
      return { place: end, shape, order: written.order ?? order };
    } catch (error) {
      if (!(error instanceof Lack)) throw error;
      this.problems.add(() => `"${name}" (${`${module.className} ${error.message}`.trim()})`);
      return { ...first, shape };
    }
  }

  /** Runs the layers of a module one behind the other: those that ran before once more. */
  #run(module: AnyModule, name: string, layers: readonly WrittenLayer[], read: readonly Place[]): Place {
    const known = this.#written.get(module);
    let places = read;
    if (known) {
      for (const layer of known) places = [[layer.name, layer.calls.push(places) - 1]];
      return places[0]!;
    }
    const start = this.layers.length;
    // The layer that computes has the name, and padding before it another one.
    layers.forEach((layer, i) => {
      const isLast = i === layers.length - 1;
      places = [this.#add(layer, isLast ? name : `${name}_${layer.className}`, places)];
    });
    if (layers.some(({ weights }) => weights)) this.#written.set(module, this.layers.slice(start));
    return places[0]!;
  }

  #moved(flow: Flow, order: Order): Flow {
    const rank = flow.shape.length;
    if (flow.order === order || rank < 3) return { ...flow, order };
    const axes = Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
    const dims = order === 'back' ? [rank - 1, ...axes] : [...axes.map((axis) => axis + 1), 1];
    const name = `${flow.place[0]}_maps_${order}`;
    return { ...flow, order, place: this.#add({ className: 'Permute', config: { dims } }, name, [flow.place]) };
  }

  #add(layer: WrittenLayer, wanted: string, read: readonly Place[]): Place {
    // Names of weights are those of their layers with a "/" behind them.
    const plain = wanted.replaceAll('/', '_');
    let name = plain;
    for (let count = 2; this.#names.has(name); count++) name = `${plain}_${count}`;
    this.#names.add(name);
    this.layers.push({ ...layer, name, calls: [read] });
    return [name, 0];
  }
}
