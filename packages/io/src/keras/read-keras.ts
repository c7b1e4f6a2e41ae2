import { DataError, option, optionsOf, type Given } from '@tessera-nn/core';
import { plainBytes } from '@tessera-nn/core/internal';
import { endText, isZip, startText } from '../files/foreign-format.js';
import { openHdf5 } from '../hdf5/read-hdf5.js';
import { elementsOf, type StoredTensor } from '../tensors/stored-tensor.js';
import { openArchive, OLD_WEIGHTS, refusalOf, weightsInHdf5, WEIGHTS, type Refuse } from './keras-file.js';
import { everyLayer, isInput } from './topology.js';
import type { WeightInFile } from './weights.js';

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

const HDF5 = '\x89HDF';

/** Whether a file is a model as Keras saves it. */
export function isKerasFile(bytes: Uint8Array): boolean {
  if (isZip(bytes)) return endText(bytes).includes(WEIGHTS);
  const start = startText(bytes);
  return start.startsWith(HDF5) && start.includes(OLD_WEIGHTS);
}

/**
 * Reads the weights of a model of Keras, as `conv.kernel`, by the names of its layers: `.keras` files of Keras 3, and `.h5` files
 * of any version that hold the model. Tensors lie as in Keras, maps last. The whole network is what `fromKeras` makes of it.
 *
 * Source: Keras's keras/src/saving/saving_lib.py and legacy/hdf5_format.py.
 *
 * @throws DataError when it is not such a file, is cut off or damaged, holds more than `limit` bytes, or a layer whose weights are
 *   not known.
 */
export async function readKeras(file: Uint8Array, options: ReadKerasOptions = {}): Promise<Map<string, StoredTensor>> {
  const bytes = plainBytes(file, 'readKeras');
  const { source, limit } = readKerasOptions.read(options);
  const refuse = refusalOf(source, bytes.length);
  const weights = isZip(bytes) ? await fromArchive(bytes, source, limit) : fromHdf5(bytes, source, refuse);
  const total = [...weights.values()].reduce((sum, { shape }) => sum + (elementsOf(shape) ?? Infinity) * WIDEST, 0);
  if (total > limit) {
    throw new DataError(`${source} holds more than it may`, {
      path: source,
      expected: `at most ${limit} bytes`,
      received: `${total} bytes`,
      hint: 'Pass a higher limit if you trust the file',
    });
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [name, weight] of weights) tensors.set(name, await weight.tensor());
  return tensors;
}

/** Every weight lies under its layer and its name, which older versions end with ":0". */
function fromHdf5(bytes: Uint8Array, source: string, refuse: Refuse): Map<string, WeightInFile> {
  const weights = new Map<string, WeightInFile>();
  for (const [path, weight] of weightsInHdf5(openHdf5(bytes, source), refuse)) {
    const parts = path.split('/');
    const name = `${parts[0]}.${parts.at(-1)!.replace(/:\d+$/, '')}`;
    if (weights.has(name)) return refuse(`it has "${name}" twice, as a model within a model does`);
    weights.set(name, weight);
  }
  return weights;
}

async function fromArchive(bytes: Uint8Array, source: string, limit: number): Promise<Map<string, WeightInFile>> {
  const { model, weights: held } = await openArchive(bytes, source, limit);
  const weights = new Map<string, WeightInFile>();
  for (const layer of everyLayer(model)) {
    if (isInput(layer)) continue;
    for (const [name, weight] of held.of(layer)) weights.set(`${layer.path.join('.')}.${name}`, weight);
  }
  held.refuseUnclaimed();
  return weights;
}
