import {
  DataError,
  ModuleError,
  option,
  optionsOf,
  type AnyModule,
  type Given,
  type Module,
  type Variable,
} from '@tessera-nn/core';
import { everyModule, shapeText } from '@tessera-nn/core/internal';
import { BatchNorm2D } from '@tessera-nn/modules';
import type { FileSource } from '../files/place.js';
import { convert, type HostValues } from '../network/convert.js';
import { everyName } from '../network/names.js';
import { putValues } from '../network/put-values.js';
import { rebuild, valueLimit } from '../network/rebuild.js';
import { elementsOf } from '../tensors/stored-tensor.js';
import { convertModel, type Conversion } from './convert-model.js';
import { openKeras, refusalOf, type KerasFile, type NamedFiles, type Refuse } from './keras-file.js';
import type { Weight } from './row.js';
import { rowOf } from './table.js';
import { everyLayer, isInput, type KerasLayer } from './topology.js';
import type { WeightInFile } from './weights.js';

const DEFAULT_LIMIT = 2 ** 30;
/** Bytes of the widest number that there is. */
const WIDEST = 8;

const fromKerasOptions = optionsOf('fromKeras', {
  /** Whether float32 may take the nearest of numbers of other types that it cannot keep exactly. Default false. */
  round: option.flag.or(false),
  /** Give up before weights take more bytes than this, were every number a float64. Default 1 GiB. */
  limit: option.numberBetween(0, Infinity).or(DEFAULT_LIMIT),
});
/** How `fromKeras` goes. */
export type FromKerasOptions = Given<typeof fromKerasOptions>;

/**
 * Builds the network that a model of Keras or tfjs-layers is, with its weights: a `Sequential` of a Sequential, a `Graph` of a
 * functional model. In train mode, as every new network: call `eval()` before you compare.
 *
 * Images and volumes go in and come out with their maps in front, `[batch, maps, height, width]`, whatever the file says of
 * them; vectors and sequences are as in Keras, `[batch, time, features]`. Modules are called by their layers; where an order
 * of axes matters, as before Flatten and Reshape, a `MoveAxis` gives Keras's. Layers that did not learn are frozen.
 *
 * @param file `.keras` of Keras 3; `.h5` of any version; a path or an address of a tfjs `model.json`, beside which its weights
 *   lie; or its files by name, `{ 'model.json': …, 'group1-shard1of1.bin': … }`.
 * @throws DataError when the file is damaged, cut off, or holds more than `limit` bytes; ModuleError that names every layer,
 *   and option of a layer, for which there is no module here, each with its count. Nothing is left behind then.
 *
 * @example
 * const files = await toTfjs(new Linear(2, 1), { shape: [2] }); // or { 'model.json': …, 'shard.bin': … } of a page
 * const net = await fromKeras(files);
 * console.log(net.forward([[1, 2]]).shape); // [ 1, 1 ]
 */
export async function fromKeras<Loaded extends AnyModule = Module>(
  file: FileSource | NamedFiles,
  options: FromKerasOptions = {},
): Promise<Loaded> {
  const { round, limit } = fromKerasOptions.read(options);
  const { source, ...opened } = await openKeras(file, limit);
  const refuse = refusalOf(source, opened.size);
  const weights = await weightsIn(opened, { limit, round, refuse });
  const conversion: Conversion = {
    ...{ maker: opened.maker, refuse, values: new Map(), frozen: [], fixed: [], lacking: new Map() },
    weightsOf: (layer) => weights.get(layer) ?? new Map<string, Weight>(),
  };
  const { blueprint, shapes } = convertModel(opened.model, '', conversion);
  refuseLacking(conversion, source);
  const count = [...conversion.values.values()].reduce((sum, { length }) => sum + length, 0);
  const net = rebuild(blueprint, { source, limit: valueLimit(count, opened.size) });
  try {
    fill(net, conversion, refuse);
    checkShapes(net, shapes, source);
    return net as Loaded;
  } catch (error) {
    net.dispose();
    throw error;
  }
}

/** The weights of all layers that are known, as float32. */
async function weightsIn(
  { model, weights }: KerasFile,
  { limit, round, refuse }: { limit: number; round: boolean; refuse: Refuse },
): Promise<Map<KerasLayer, Map<string, Weight>>> {
  const layers = [...everyLayer(model)].filter(({ className }) => rowOf(className));
  const found = layers.map((layer) => [layer, weights.of(layer)] as const);
  // Where a class is not known, its weights are not either; it is listed with what else is lacking.
  if ([...everyLayer(model)].every((layer) => isInput(layer) || rowOf(layer.className))) weights.refuseUnclaimed();
  const bytes = (weight: WeightInFile) => (elementsOf(weight.shape) ?? Infinity) * WIDEST;
  const total = found.flatMap(([, named]) => [...named.values()]).reduce((sum, weight) => sum + bytes(weight), 0);
  if (total > limit) refuse(`its weights take ${total} bytes, more than the ${limit} that they may`);
  const read = async (layer: KerasLayer, name: string, weight: WeightInFile): Promise<[string, Weight]> => {
    const tensor = await weight.tensor();
    const values = convert(tensor, 'float32', round);
    if (values instanceof Float32Array) return [name, { shape: tensor.shape, values }];
    return refuse(`"${name}" of layer "${layer.name}" ${String(values)}`);
  };
  const entries = found.map(async ([layer, named]) => {
    return [layer, new Map(await Promise.all([...named].map(([name, weight]) => read(layer, name, weight))))] as const;
  });
  return new Map(await Promise.all(entries));
}

/** How many names of layers an error shows for each problem. */
const MOST_NAMES = 5;

function refuseLacking({ lacking }: Conversion, source: string): void {
  if (lacking.size === 0) return;
  const problems = Array.from(lacking, ([what, names]) => {
    const shown = [...names].slice(0, MOST_NAMES).map((name) => JSON.stringify(name));
    return `${what} (${names.size}: ${[...shown, ...(names.size > MOST_NAMES ? ['...'] : [])].join(', ')})`;
  });
  throw new ModuleError(`${source} needs what there is no module for: ${problems.join('; ')}`, {
    path: source,
    hint: 'Build the network in code with modules of your own, and take the weights with loadWeights or readKeras',
  });
}

/** Puts the weights in. @throws DataError where one of the network's has no counterpart, or another size. */
function fill(net: AnyModule, { values, frozen, fixed }: Conversion, refuse: Refuse): void {
  const named = new Map(everyName(net));
  const fitting = new Map<Variable, HostValues>();
  for (const [name, array] of values) {
    const variable = named.get(name);
    if (!variable) return refuse(`it has a weight for "${name}", which its layer does not have`);
    if (variable.size !== array.length)
      return refuse(`"${name}" ${shapeText(variable.shape)} has ${array.length} values in it`);
    fitting.set(variable, array);
  }
  for (const [name, variable] of named) {
    if (!fitting.has(variable) && !name.endsWith('numOfProps')) return refuse(`it has no values for "${name}"`);
  }
  putValues(fitting);
  const modules = new Map(everyModule(net));
  for (const path of frozen) {
    const module = modules.get(path)?.freeze();
    if (module instanceof BatchNorm2D) module.eval(); // Keras lets it keep its statistics then
  }
  for (const name of fixed) named.get(name)!.requiresGrad = false;
}

/** A batch of more than one, of which statistics can be taken. */
const BATCH = 2;

/** Lets every module check what it will read, where the file says how large that is. */
function checkShapes(net: AnyModule, shapes: readonly (readonly (number | null)[])[], source: string): void {
  const known = shapes.map((sample) => {
    const maps = sample.at(-1)!;
    return [BATCH, ...(sample.length >= 3 ? [maps, ...sample.slice(0, -1)] : sample)];
  });
  if (!known.every((shape): shape is number[] => shape.every((size) => typeof size === 'number'))) return;
  try {
    net.shapeAfter(known.length === 1 ? known[0]! : known);
  } catch (cause) {
    throw new DataError(`${source} has layers that do not fit together`, {
      path: source,
      received: String(cause),
      cause,
    });
  }
}
