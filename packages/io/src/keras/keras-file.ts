// What the three kinds of files have in common: a model, its weights, and who wrote it.
import { DataError } from '@tessera-nn/core';
import { isPlainObject } from '@tessera-nn/core/internal';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { isZip } from '../files/foreign-format.js';
import { openHdf5, type Hdf5Group } from '../hdf5/read-hdf5.js';
import { readZip, refuseSwelling } from '../zip/read-zip.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import type { Maker } from './row.js';
import { tfjsWeights } from './tfjs/read-tfjs.js';
import { readModel, type KerasModel, type RawConfig } from './topology.js';
import { NamedWeights, NumberedWeights, type KerasWeights, type WeightInFile } from './weights.js';

/** Files by their names, as a model.json and its shards are. */
export type NamedFiles = Readonly<Record<string, FileSource>>;

export interface KerasFile {
  readonly model: KerasModel;
  readonly weights: KerasWeights;
  readonly maker: Maker;
  /** Bytes of all of it. */
  readonly size: number;
}

export type Refuse = (problem: string) => never;

/** Where a `.keras` file has what. */
const CONFIG = 'config.json';
export const WEIGHTS = 'model.weights.h5';
const METADATA = 'metadata.json';
/** The group of weights in a model that Keras saved as HDF5. */
export const OLD_WEIGHTS = 'model_weights';

/** How what is wrong with a file of Keras is said. */
export const refusalOf =
  (source: string, bytes: number): Refuse =>
  (problem) => {
    throw new DataError(`${source} is not a model of Keras that can be read: ${problem}`, {
      path: source,
      received: `${bytes} bytes`,
    });
  };

/** A `.keras` file. @param limit how many bytes it may unpack to, besides its own. */
export async function openArchive(bytes: Uint8Array, source: string, limit: number): Promise<KerasFile> {
  const refuse = refusalOf(source, bytes.length);
  const listed = readZip(bytes, refuse);
  refuseSwelling(listed, limit + bytes.length, refuse);
  const entries = new Map(listed.map((entry) => [entry.name, entry]));
  const [config, weights, metadata] = [CONFIG, WEIGHTS, METADATA].map((name) => entries.get(name));
  if (!config || !weights) return refuse(`it lacks ${config ? WEIGHTS : CONFIG}`);
  const model = readModel(parsed(await config.bytes(), CONFIG, refuse), refuse);
  const about = metadata ? parsed(await metadata.bytes(), METADATA, refuse) : {};
  const root = openHdf5(await weights.bytes(), source);
  return {
    model,
    weights: new NumberedWeights(root, refuse),
    maker: { version: versionOf((about as RawConfig).keras_version, 3), isTfjs: false },
    size: bytes.length,
  };
}

/** Every weight in an HDF5 file lies under its layer. */
export function weightsInHdf5(root: Hdf5Group, refuse: Refuse): Map<string, WeightInFile> {
  const weights = root.group(OLD_WEIGHTS);
  if (!weights) return refuse(`it has no group "${OLD_WEIGHTS}"`);
  return new Map(weights.leaves().map((path) => [path, weights.dataset(path)!]));
}

function openOldModel(bytes: Uint8Array, source: string): KerasFile {
  const refuse = refusalOf(source, bytes.length);
  const root = openHdf5(bytes, source);
  const config = root.textAttribute('model_config');
  if (config === undefined)
    return refuse('it holds no architecture; build the network, and use loadWeights(net, file)');
  const weights = weightsInHdf5(root, refuse);
  return {
    model: readModel(parsedText(config, 'model_config', refuse), refuse),
    weights: new NamedWeights(weights, refuse),
    maker: { version: versionOf(root.textAttribute('keras_version'), 2), isTfjs: false },
    size: bytes.length,
  };
}

/** A model.json, and its weights by their names. */
interface TfjsFile {
  readonly topology: unknown;
  readonly weights: ReadonlyMap<string, WeightInFile>;
  readonly size: number;
}

type ReadBeside = (name: string) => Promise<Uint8Array>;

async function readTfjs(json: Uint8Array, source: string, readBeside: ReadBeside): Promise<TfjsFile> {
  const refuse = refusalOf(source, json.length);
  const model = parsed(json, source, refuse);
  if (!isPlainObject(model)) return refuse('it is not an object');
  const { modelTopology: topology, format } = model as RawConfig;
  if (format === 'graph-model') return refuse('it is a graph of TensorFlow; save it as a layers-model');
  let size = json.length;
  const counted = async (name: string) => {
    const bytes = await readBeside(name);
    size += bytes.length;
    return bytes;
  };
  const weights = await tfjsWeights(model as RawConfig, counted, refuse);
  return { topology, weights, size };
}

async function openTfjs(json: Uint8Array, source: string, readBeside: ReadBeside): Promise<KerasFile> {
  const { topology, weights, size } = await readTfjs(json, source, readBeside);
  const refuse = refusalOf(source, size);
  return {
    model: readModel(topology, refuse),
    weights: new NamedWeights(weights, refuse),
    maker: { version: 2, isTfjs: true },
    size,
  };
}

/** The weights of a model.json, which lie beside it. */
export async function tensorsOfTfjs(file: string): Promise<Map<string, StoredTensor>> {
  const { name, bytes } = await openFile(file);
  const { weights } = await readTfjs(bytes, name, (shard) => besides(file, shard, name));
  const entries = Array.from(weights, async ([weight, held]) => [weight, await held.tensor()] as const);
  return new Map(await Promise.all(entries));
}

/** Opens a file of any of the three kinds. @param limit how many bytes a `.keras` file may unpack to. */
export async function openKeras(file: FileSource | NamedFiles, limit: number): Promise<KerasFile & { source: string }> {
  if (isNamedFiles(file)) {
    const [source, ...others] = Object.keys(file).filter((name) => name.endsWith('.json'));
    if (source === undefined || others.length > 0) {
      throw new DataError('There is not one model.json among the files', { received: Object.keys(file).join(', ') });
    }
    const read = async (name: string) => {
      if (Object.hasOwn(file, name)) return (await openFile(file[name]!)).bytes;
      throw new DataError(`${source} has weights in "${name}", which is not among the files`, { path: source });
    };
    return { ...(await openTfjs(await read(source), source, read)), source };
  }
  const { name: source, bytes } = await openFile(file);
  if (isZip(bytes)) return { ...(await openArchive(bytes, source, limit)), source };
  if (bytes[0] !== OPENING_BRACE) return { ...openOldModel(bytes, source), source };
  return { ...(await openTfjs(bytes, source, (name) => besides(file, name, source))), source };
}

const OPENING_BRACE = 0x7b;

/** A file in the same folder. */
async function besides(file: FileSource, name: string, source: string): Promise<Uint8Array> {
  if (file instanceof URL) return (await openFile(new URL(encodeURIComponent(name), file))).bytes;
  if (typeof file === 'string') return (await openFile(file.replace(/[^/\\]*$/, '') + name)).bytes;
  throw new DataError(`${source} is a model.json, and its weights are in "${name}"`, {
    path: source,
    hint: `Pass all of its files by name: { 'model.json': json, '${name}': bytes }`,
  });
}

function isNamedFiles(file: FileSource | NamedFiles): file is NamedFiles {
  return isPlainObject(file) && typeof (file as { read?: unknown }).read !== 'function';
}

function versionOf(text: unknown, preset: number): number {
  const found = typeof text === 'string' ? /^\d+/.exec(text) : null;
  return found ? Number(found[0]) : preset;
}

function parsed(bytes: Uint8Array, name: string, refuse: Refuse): unknown {
  try {
    return parsedText(new TextDecoder('utf-8', { fatal: true }).decode(bytes), name, refuse);
  } catch (error) {
    if (error instanceof TypeError) return refuse(`its ${name} is damaged`);
    throw error;
  }
}

function parsedText(text: string, name: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse(`its ${name} is damaged`);
  }
}
