// Models as tfjs saves them: model.json, and beside it the weights in files called shards.
import { concatenate, isPlainObject, shapeText } from '@tessera-nn/core/internal';
import { bytesOf, decode, numberTypes, type NumberType } from '../../tensors/number-types.js';
import { elementsOf, type StoredTensor } from '../../tensors/stored-tensor.js';
import type { RawConfig } from '../topology.js';
import type { WeightInFile } from '../weights.js';

type Refuse = (problem: string) => never;

/** How many steps a quantised number has, and what it is of. */
interface Quantised {
  readonly dtype: NumberType;
  readonly scale: number;
  readonly min: number;
}

interface Listed {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: NumberType;
  readonly quantised: Quantised | undefined;
}

/** The weights of a model.json by their names. @param read the bytes of a file beside it. */
export async function tfjsWeights(
  model: RawConfig,
  read: (name: string) => Promise<Uint8Array>,
  refuse: Refuse,
): Promise<Map<string, WeightInFile>> {
  const weights = new Map<string, WeightInFile>();
  for (const group of groupsOf(model, refuse)) {
    const parts: Uint8Array[] = [];
    for (const name of pathsOf(group, refuse)) parts.push(await read(name));
    const bytes = concatenate(
      parts,
      parts.reduce((sum, { length }) => sum + length, 0),
    );
    let at = 0;
    for (const listed of listedIn(group, refuse)) {
      const stored = listed.quantised?.dtype ?? listed.dtype;
      const size = (elementsOf(listed.shape) ?? Infinity) * bytesOf(stored);
      if (size > bytes.length - at) return refuse(`"${listed.name}" ${shapeText(listed.shape)} lies beyond its files`);
      if (weights.has(listed.name)) return refuse(`it holds "${listed.name}" twice`);
      const own = bytes.subarray(at, at + size);
      at += size;
      weights.set(listed.name, { shape: listed.shape, tensor: () => Promise.resolve(tensorOf(own, listed)) });
    }
    if (at !== bytes.length) return refuse(`its weights have ${at} bytes, and its files ${bytes.length}`);
  }
  return weights;
}

function groupsOf({ weightsManifest: groups }: RawConfig, refuse: Refuse): RawConfig[] {
  if (Array.isArray(groups) && groups.every((group): group is RawConfig => isPlainObject(group))) return groups;
  return refuse('it does not say where its weights are');
}

/** The names of the files of a group: what lies elsewhere than beside the model is not its own. */
function pathsOf({ paths }: RawConfig, refuse: Refuse): string[] {
  const isName = (path: unknown) => typeof path === 'string' && /^[^/\\:]+$/.test(path) && !/^\.+$/.test(path);
  const names: unknown[] = Array.isArray(paths) ? paths : [];
  const wrong = names.find((path) => !isName(path));
  if (wrong === undefined) return names as string[];
  return refuse(`its weights are in ${JSON.stringify(wrong)}, which is not the name of a file beside it`);
}

const quantisedTypes: readonly unknown[] = ['uint8', 'uint16', 'float16'];

function listedIn({ weights }: RawConfig, refuse: Refuse): Listed[] {
  if (!Array.isArray(weights)) return refuse('its list of weights is damaged');
  return weights.map((weight: unknown) => {
    const { name, shape, dtype, quantization } = (isPlainObject(weight) ? weight : {}) as RawConfig;
    const isShape = Array.isArray(shape) && elementsOf(shape as number[]) !== undefined;
    if (typeof name !== 'string' || !isShape) return refuse('its list of weights is damaged');
    const type = numberTypes.find((known) => known === dtype);
    if (type === undefined) return refuse(`"${name}" is of the type ${JSON.stringify(dtype)}`);
    return { name, shape: shape as number[], dtype: type, quantised: quantisedIn(quantization, name, refuse) };
  });
}

function quantisedIn(written: unknown, name: string, refuse: Refuse): Quantised | undefined {
  if (written === undefined || written === null) return undefined;
  const { dtype, scale = 1, min = 0 } = (isPlainObject(written) ? written : {}) as RawConfig;
  const known = numberTypes.find((type) => type === dtype && quantisedTypes.includes(type));
  if (known && typeof scale === 'number' && typeof min === 'number') return { dtype: known, scale, min };
  return refuse(`"${name}" is quantised in an unknown way`);
}

function tensorOf(bytes: Uint8Array, { shape, dtype, quantised }: Listed): StoredTensor {
  if (!quantised) return { dtype, shape, values: decode(bytes, dtype) };
  const stored = decode(bytes, quantised.dtype) as Uint8Array;
  if (quantised.dtype === 'float16') return { dtype: 'float32', shape, values: stored };
  return {
    dtype: 'float32',
    shape,
    values: Float32Array.from(stored, (step) => step * quantised.scale + quantised.min),
  };
}
