import { toGraph } from '@tessera-nn/containers';
import { ModuleError, option, optionsOf, ValueError, type AnyModule, type Given } from '@tessera-nn/core';
import { checkModule, concatenate, shapeText } from '@tessera-nn/core/internal';
import { everyHolding } from '../../network/names.js';
import { readValues } from '../../network/read-values.js';
import { encode } from '../../tensors/number-types.js';
import { LayerGraph, type NamedLayer, type Place } from './layer-graph.js';

/** As tfjs itself cuts its files: browsers keep files of up to so many bytes. */
const SHARD = 4 * 2 ** 20;

type SampleShape = readonly number[];
const isShape = (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every((size) => option.count.accepts(size));

const toTfjsOptions = optionsOf('toTfjs', {
  /** The shape of one sample, without the batch, as it goes in here: `[maps, height, width]`; a list of them for several inputs. */
  shape: option.kind<SampleShape | readonly SampleShape[]>('a shape without the batch, or a list of them', (value) => {
    return isShape(value) || (Array.isArray(value) && value.length > 0 && value.every(isShape));
  }),
  /** How many bytes of weights a file holds at most. Default 4 MiB, as tfjs has it. */
  shardSize: option.count.or(SHARD),
});
/** How `toTfjs` goes. */
export type ToTfjsOptions = Given<typeof toTfjsOptions>;

/**
 * A network as a model of tfjs-layers: the files `model.json` and `group1-shard1of1.bin`, or more of these, by their names.
 * Served side by side they are what `tf.loadLayersModel` loads, to run and to train on; `fromKeras` takes them back.
 *
 * Images and volumes go in and come out with their maps behind, `[batch, height, width, maps]`, and plain networks of them
 * transpose nothing there; all else is as here. A chain of modules becomes a Sequential, everything else a functional model;
 * layers are called by the paths of their modules, with `_` in them. Numbers that wait, such as running statistics, go along;
 * hooks, and what is frozen, do not.
 *
 * @throws ModuleError that names every module that tfjs-layers has no layer for, by its path and with the reason.
 *
 * @example
 * const net = new Sequential([new Conv2D(1, 4, 3), new Activation('relu'), new Flatten(), new Linear(4 * 36, 10)]);
 * const files = await toTfjs(net, { shape: [1, 8, 8] });
 * console.log(Object.keys(files).join(' ')); // model.json group1-shard1of1.bin
 */
export async function toTfjs(net: AnyModule, options: ToTfjsOptions): Promise<Record<string, Uint8Array>> {
  checkModule(net, 'toTfjs');
  const { shape, shardSize } = toTfjsOptions.read(options);
  const samples = (typeof shape[0] === 'number' ? [shape] : shape) as readonly SampleShape[];
  const graph = toGraph(net);
  const { inputs } = graph;
  const count = [inputs].flat().length;
  if (samples.length !== count) {
    const [expected, received] = [`${count} shapes`, samples.map(shapeText).join(' and ')];
    throw new ValueError(`toTfjs: ${net.label} takes another number of inputs`, { path: 'toTfjs', expected, received });
  }
  const variables = new Map([...everyHolding(net)].map(({ variable }) => [variable, variable]));
  const named = new Map([...variables.keys()].map((variable, i) => [String(i), variable]));
  const stored = await readValues(named);
  const values = new Map([...named].map(([name, variable]) => [variable, stored.get(name)!.values as Float32Array]));
  const layers = new LayerGraph(
    graph,
    samples.map((sample) => [BATCH, ...sample]),
    (variable) => values.get(variable)!,
  );
  if (layers.problems.count > 0) {
    throw new ModuleError(`${net.label} cannot be written for tfjs-layers: ${String(layers.problems)}`, {
      path: net.path,
    });
  }
  return filesOf(layers, net.name ?? 'tessera', shardSize);
}

/** A batch of which statistics can be taken. */
const BATCH = 2;

function filesOf(graph: LayerGraph, name: string, shardSize: number): Record<string, Uint8Array> {
  const weights = graph.layers.flatMap(({ name: layer, weights: own = {} }) =>
    Object.entries(own).map(([weight, { shape, values }]) => ({ name: `${layer}/${weight}`, shape, values })),
  );
  const parts = weights.map(({ values }) => encode(values, 'float32'));
  const bytes = concatenate(
    parts,
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  const shards = Math.max(1, Math.ceil(bytes.length / shardSize));
  const paths = Array.from({ length: shards }, (_, i) => `group1-shard${i + 1}of${shards}.bin`);
  const specs = weights.map(({ name: weight, shape }) => ({ name: weight, shape, dtype: 'float32' }));
  const model = {
    format: 'layers-model',
    generatedBy: 'Tessera',
    convertedBy: null,
    modelTopology: isChain(graph) ? sequential(graph, name) : functional(graph, name),
    weightsManifest: [{ paths, weights: specs }],
  };
  return {
    'model.json': new TextEncoder().encode(JSON.stringify(model)),
    ...Object.fromEntries(paths.map((path, i) => [path, bytes.slice(i * shardSize, (i + 1) * shardSize)])),
  };
}

/** Whether each layer reads the one before it, and nothing else. */
function isChain({ layers, inputs, outputs }: LayerGraph): boolean {
  const follows = ({ calls }: NamedLayer, i: number) =>
    calls.length === 1 &&
    (i === 0 ? calls[0]!.length === 0 : calls[0]!.length === 1 && calls[0]![0]![0] === layers[i - 1]!.name);
  return layers.every(follows) && inputs.length === 1 && outputs.length === 1 && outputs[0]![0] === layers.at(-1)!.name;
}

const layerOf = ({ className, name, config = {} }: NamedLayer) => ({
  class_name: className,
  config: { name, trainable: true, ...config },
});

const sequential = ({ layers }: LayerGraph, name: string) => ({
  class_name: 'Sequential',
  config: { name, layers: layers.map(layerOf) },
});

function functional({ layers, inputs, outputs }: LayerGraph, name: string) {
  const place = ([layer, call]: Place) => [layer, call, 0];
  const written = layers.map((layer) => ({
    ...layerOf(layer),
    name: layer.name,
    inbound_nodes: layer.calls
      .filter((read) => read.length > 0)
      .map((read) => read.map((from) => [...place(from), {}])),
  }));
  const config = { name, layers: written, input_layers: inputs.map(place), output_layers: outputs.map(place) };
  return { class_name: 'Functional', config };
}
