import { DataError } from '@tessera-nn/core';
import { foreignFormat, isZip } from '../files/foreign-format.js';
import { isKerasFile, readKeras } from '../keras/read-keras.js';
import { readNpz } from '../numpy/npz.js';
import { readPyTorch } from '../pytorch/read-pytorch.js';
import { isTorchFile } from '../pytorch/torch-file.js';
import { readSafetensors, type Safetensors } from '../safetensors/safetensors.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import type { WeightLayout } from './fit.js';

/** The tensors of a file, and how they lie, where its format tells. */
export interface FileTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly layout?: WeightLayout | undefined;
}

/** Reads a file in one of the formats that `loadWeights` takes. @param needed bytes that the network could take. */
export async function readTensors(bytes: Uint8Array, source: string, needed: number): Promise<FileTensors> {
  const limit = needed + 2 * bytes.length;
  if (isTorchFile(bytes)) return { tensors: await readPyTorch(bytes, { source, limit }), layout: 'torch' };
  if (isKerasFile(bytes)) return { tensors: await readKeras(bytes, { source, limit }), layout: 'keras' };
  const foreign = foreignFormat(bytes);
  if (foreign) {
    throw new DataError(`${source} is ${foreign.name}`, {
      path: source,
      expected: 'a safetensors or npz file, or one of PyTorch or Keras',
      hint: foreign.hint,
    });
  }
  if (isZip(bytes)) return { tensors: await readNpz(bytes, { source, limit }) };
  const file = readSafetensors(bytes, source);
  return { tensors: withTiedNames(file), layout: layoutOf.get(file.metadata.get('format') ?? '') };
}

/** What safetensors files say that they are. */
const layoutOf = new Map<string, WeightLayout>([
  ['tessera', 'tessera'],
  ['pt', 'torch'],
]);

/** `safetensors.torch.save_model` writes a shared tensor once, and in the header what its other names stand for. */
function withTiedNames({ tensors, metadata }: Safetensors): ReadonlyMap<string, StoredTensor> {
  const tied = new Map(tensors);
  for (const [name, first] of metadata) {
    const tensor = tensors.get(first);
    if (tensor && !tensors.has(name)) tied.set(name, tensor);
  }
  return tied;
}
