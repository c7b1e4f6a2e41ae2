import { DataError, option, optionsOf, type Given } from '@tessera-nn/core';
import { isPlainObject, plainBytes } from '@tessera-nn/core/internal';
import { endText, isZip, startText } from '../files/foreign-format.js';
import type { Dataset } from '../hdf5/dataset.js';
import { openHdf5, type Hdf5Group } from '../hdf5/read-hdf5.js';
import { elementsOf, type StoredTensor } from '../tensors/stored-tensor.js';
import { readZip, refuseSwelling } from '../zip/read-zip.js';

const DEFAULT_LIMIT = 2 ** 30;
/** Bytes of the widest number that there is. */
const WIDEST = 8;

const readKerasOptions = optionsOf('readKeras', {
  /** What errors call the file. */
  source: option.text.or('The file of Keras'),
  /** Give up before tensors take more bytes than this, were every number a float64. Default 1 GiB. */
  limit: option.numberBetween(0, Infinity).or(DEFAULT_LIMIT),
});
/** How `readKeras` goes. */
export type ReadKerasOptions = Given<typeof readKerasOptions>;

type Refuse = (problem: string) => never;

/** The group of weights in a model that Keras saved as HDF5. */
const OLD_WEIGHTS = 'model_weights';
const HDF5 = '\x89HDF';
/** Where a `.keras` file has what. */
const CONFIG = 'config.json';
const NEW_WEIGHTS = 'model.weights.h5';

/** The weights of layers, in the order in which Keras numbers them; with the options that leave some of them out. */
const weightsOf: Readonly<Record<string, readonly (readonly [name: string, unless?: string])[]>> = {
  ...Object.fromEntries(
    ['Dense', 'Conv1D', 'Conv2D', 'Conv3D', 'Conv1DTranspose', 'Conv2DTranspose', 'Conv3DTranspose'].map((name) => [
      name,
      [['kernel'], ['bias', 'use_bias']],
    ]),
  ),
  BatchNormalization: [['gamma', 'scale'], ['beta', 'center'], ['moving_mean'], ['moving_variance']],
  LayerNormalization: [
    ['gamma', 'scale'],
    ['beta', 'center'],
  ],
  PReLU: [['alpha']],
  Embedding: [['embeddings']],
};

/** Whether a file is a model as Keras saves it. */
export function isKerasFile(bytes: Uint8Array): boolean {
  if (isZip(bytes)) return endText(bytes).includes(NEW_WEIGHTS);
  const start = startText(bytes);
  return start.startsWith(HDF5) && start.includes(OLD_WEIGHTS);
}

/**
 * Reads the weights of a model of Keras, as `conv.kernel`, by the names of its layers: `.keras` files of Keras 3, and `.h5` files
 * of any version that hold the model. Tensors lie as in Keras, maps last.
 *
 * Source: Keras's keras/src/saving/saving_lib.py and legacy/hdf5_format.py.
 *
 * @throws DataError when it is not such a file, is cut off or damaged, holds more than `limit` bytes, or a layer whose weights are
 *   not known, such as a model within the model.
 */
export async function readKeras(file: Uint8Array, options: ReadKerasOptions = {}): Promise<Map<string, StoredTensor>> {
  const bytes = plainBytes(file, 'readKeras');
  const { source, limit } = readKerasOptions.read(options);
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is not a model of Keras that can be read: ${problem}`, {
      path: source,
      received: `${bytes.length} bytes`,
    });
  };
  const datasets = isZip(bytes)
    ? await fromArchive(bytes, { source, limit, refuse })
    : fromHdf5(openHdf5(bytes, source), refuse);
  const total = [...datasets.values()].reduce((sum, { shape }) => sum + (elementsOf(shape) ?? Infinity) * WIDEST, 0);
  if (total > limit) {
    throw new DataError(`${source} holds more than it may`, {
      path: source,
      expected: `at most ${limit} bytes`,
      received: `${total} bytes`,
      hint: 'Pass a higher limit if you trust the file',
    });
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [name, dataset] of datasets) tensors.set(name, await dataset.tensor());
  return tensors;
}

/** Every weight lies under its layer and its name, which older versions end with ":0". */
function fromHdf5(root: Hdf5Group, refuse: Refuse): Map<string, Dataset> {
  const weights = root.group(OLD_WEIGHTS);
  if (!weights) return refuse(`it has no group "${OLD_WEIGHTS}"`);
  const datasets = new Map<string, Dataset>();
  for (const path of weights.leaves()) {
    const parts = path.split('/');
    const name = `${parts[0]}.${parts.at(-1)!.replace(/:\d+$/, '')}`;
    if (datasets.has(name)) return refuse(`it has "${name}" twice, as a model within a model does`);
    datasets.set(name, weights.dataset(path)!);
  }
  return datasets;
}

/** In `.keras` files weights are numbered under the class of their layer, and the configuration says whose they are. */
async function fromArchive(
  bytes: Uint8Array,
  { source, limit, refuse }: { source: string; limit: number; refuse: Refuse },
): Promise<Map<string, Dataset>> {
  const listed = readZip(bytes, refuse);
  refuseSwelling(listed, limit + bytes.length, refuse);
  const entries = new Map(listed.map((entry) => [entry.name, entry]));
  const [config, weights] = [entries.get(CONFIG), entries.get(NEW_WEIGHTS)];
  if (!config || !weights) return refuse(`it lacks ${config ? NEW_WEIGHTS : CONFIG}`);
  const layers = layersIn(parsed(await config.bytes(), refuse), refuse);
  const root = openHdf5(await weights.bytes(), source);
  const datasets = new Map<string, Dataset>();
  const counts = new Map<string, number>();
  const left = new Set(root.leaves().filter((path) => path.startsWith('layers/')));
  for (const { className, name, options } of layers) {
    const kind = snakeCase(className);
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const at = `layers/${kind}${count === 0 ? '' : `_${count}`}`;
    const group = root.group(at);
    const found = group?.group('vars')?.names() ?? [];
    const inside = group?.leaves().length ?? 0;
    const known = (Object.hasOwn(weightsOf, className) ? weightsOf[className]! : []).filter(
      ([, unless]) => unless === undefined || options[unless] !== false,
    );
    if (inside !== known.length || found.length !== known.length) {
      return refuse(`layer "${name}" is a ${className} with ${inside} weights, expected ${known.length}`);
    }
    known.forEach(([weight], i) => {
      const dataset = group!.dataset(`vars/${i}`) ?? refuse(`layer "${name}" has no weight ${i}`);
      datasets.set(`${name}.${weight}`, dataset);
      left.delete(`${at}/vars/${i}`);
    });
  }
  const [unclaimed] = left;
  return unclaimed === undefined ? datasets : refuse(`"${unclaimed}" belongs to no layer of its ${CONFIG}`);
}

interface Layer {
  readonly className: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

function parsed(bytes: Uint8Array, refuse: Refuse): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    return refuse(`its ${CONFIG} is damaged`);
  }
}

function layersIn(model: unknown, refuse: Refuse): Layer[] {
  const config = isPlainObject(model) ? (model as { config?: unknown }).config : undefined;
  const layers = isPlainObject(config) ? (config as { layers?: unknown }).layers : undefined;
  if (!Array.isArray(layers)) return refuse(`its ${CONFIG} lists no layers`);
  return layers.map((layer: unknown) => {
    const { class_name: className, config: options } = (layer ?? {}) as { class_name?: unknown; config?: unknown };
    const name = isPlainObject(options) ? (options as { name?: unknown }).name : undefined;
    if (typeof className !== 'string' || typeof name !== 'string') return refuse('a layer of it has no name');
    return { className, name, options: options as Layer['options'] };
  });
}

/** `PReLU` as `p_re_lu`: Keras's own rule. */
const snakeCase = (name: string) =>
  name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
