import { DataError, option, optionsOf, type Given } from '@tessera-nn/core';
import { plainBytes, sameShape, shapeText } from '@tessera-nn/core/internal';
import { bytesOf, decode } from '../tensors/number-types.js';
import { elementsOf, type StoredTensor } from '../tensors/stored-tensor.js';
import { rowMajorStrides, toRowMajor } from '../tensors/strided.js';
import { openTorch, type TorchFile } from './torch-file.js';
import { isCount, TorchNames, TorchStorage, TorchTensor } from './torch-names.js';

const DEFAULT_LIMIT = 2 ** 30;

const readPyTorchOptions = optionsOf('readPyTorch', {
  /** What errors call the file. */
  source: option.text.or('The file of PyTorch'),
  /**
   * Under which key of a checkpoint the state dict lies, as `ema`. Where it is left out, what was saved is a state dict itself, or
   * a dict with one under `state_dict`, `model_state_dict`, `model`, `net` or `params`.
   */
  key: option.text.optional,
  /** Give up before tensors take more bytes than this. Default 1 GiB; a view of one number may be of any size. */
  limit: option.numberBetween(0, Infinity).or(DEFAULT_LIMIT),
});
/** How `readPyTorch` goes. */
export type ReadPyTorchOptions = Given<typeof readPyTorchOptions>;

/** Where programs put the state dict among what else they save. */
const usualKeys = ['state_dict', 'model_state_dict', 'model', 'net', 'params'];

const IN_PYTHON = "In Python: torch.save(model.state_dict(), 'net.pt')";

/**
 * Reads the tensors of a state dict, by name, as `torch.save` writes it: `.pt` and `.pth` files of any version. The pickle in
 * it is read and not run: it may name tensors, and what lies around them in a state dict, and nothing else. What is not a tensor in
 * a state dict is passed over. Tensors share the memory of `bytes` where they lie there aligned and in C order.
 *
 * Source: PyTorch's torch/serialization.py.
 *
 * @throws DataError when it is not such a file, is cut off or damaged, names something else, which the error says, or holds more
 *   than `limit` bytes.
 */
export async function readPyTorch(
  file: Uint8Array,
  options: ReadPyTorchOptions = {},
): Promise<Map<string, StoredTensor>> {
  const bytes = plainBytes(file, 'readPyTorch');
  const { source, key, limit } = readPyTorchOptions.read(options);
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is not a sound file of PyTorch: ${problem}`, {
      path: source,
      received: `${bytes.length} bytes`,
    });
  };
  const refuseName = (name: string): never => {
    throw new DataError(`${source} asks for ${name}, which is not read`, {
      path: source,
      expected: 'a state dict: tensors by name, and nothing that runs code',
      hint: IN_PYTHON,
    });
  };
  const saved = await openTorch(bytes, new TorchNames(refuse, refuseName), limit);
  const views = viewsOf(stateDict(saved.root, key, source), refuse);
  const total = views.reduce((sum, [, { count, storage }]) => sum + count * bytesOf(storage.dtype), 0);
  if (total > limit) {
    throw new DataError(`${source} holds more than it may`, {
      path: source,
      expected: `at most ${limit} bytes`,
      received: `${total} bytes`,
      hint: 'Pass a higher limit if you trust the file',
    });
  }
  const storages = new Map<TorchStorage, Uint8Array>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, view] of views) {
    const data = storages.get(view.storage) ?? (await saved.bytes(view.storage));
    storages.set(view.storage, data);
    tensors.set(name, tensorOf(view, data));
  }
  return tensors;
}

const hasTensors = (dict: unknown): dict is Map<unknown, unknown> =>
  dict instanceof Map && [...dict.values()].some((value) => value instanceof TorchTensor);

function stateDict(root: TorchFile['root'], key: string | undefined, source: string): Map<unknown, unknown> {
  const parts: ReadonlyMap<unknown, unknown> = root instanceof Map ? root : new Map<unknown, unknown>();
  const candidates = key === undefined ? [root, ...usualKeys.map((usual) => parts.get(usual))] : [parts.get(key)];
  const found = candidates.find(hasTensors);
  if (found) return found;
  const keys = [...parts.keys()].filter((part) => typeof part === 'string').slice(0, MOST_SHOWN);
  throw new DataError(`${source} has no state dict${key === undefined ? '' : ` under "${key}"`}`, {
    path: source,
    expected: 'tensors by name',
    received: root instanceof Map ? `a dict of ${keys.join(', ') || 'nothing'}` : 'something else than a dict',
    hint: key === undefined ? 'readPyTorch(bytes, { key }) says where it lies' : IN_PYTHON,
  });
}

/** More keys than this are not named in an error. */
const MOST_SHOWN = 20;

/** A view that lies within its storage. */
interface View {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** How many elements it has. */
  readonly count: number;
}

function viewsOf(dict: ReadonlyMap<unknown, unknown>, refuse: (problem: string) => never): [string, View][] {
  const views: [string, View][] = [];
  for (const [name, value] of dict) {
    if (!(value instanceof TorchTensor)) continue;
    if (typeof name !== 'string') return refuse('the name of a tensor is not a text');
    views.push([name, viewOf(value, (problem) => refuse(`"${name}" ${problem}`))]);
  }
  return views;
}

function viewOf({ storage, offset, shape, strides }: TorchTensor, refuse: (problem: string) => never): View {
  if (!(storage instanceof TorchStorage) || !isCount(offset) || !areCounts(shape) || !areCounts(strides)) {
    return refuse('is not a view into a storage');
  }
  const count = elementsOf(shape);
  if (count === undefined || shape.length !== strides.length) return refuse('has no shape');
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
  if (count > 0 && !(last < storage.length)) {
    return refuse(`${shapeText(shape)} lies beyond the ${storage.length} numbers of its storage`);
  }
  return { storage, offset, shape, strides, count };
}

const areCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

function tensorOf({ storage: { dtype }, offset, shape, strides, count }: View, data: Uint8Array): StoredTensor {
  const size = bytesOf(dtype);
  const inOrder = count === 0 || sameStrides(shape, strides);
  const bytes = inOrder
    ? data.subarray(offset * size, (offset + count) * size)
    : toRowMajor(data, { shape, strides, offset }, size);
  return { dtype, shape, values: decode(bytes, dtype) };
}

/** Whether elements lie in C order; the step along an axis of one element says nothing. */
function sameStrides(shape: readonly number[], strides: readonly number[]): boolean {
  const expected = rowMajorStrides(shape);
  return sameShape(
    strides.map((stride, axis) => (shape[axis] === 1 ? expected[axis]! : stride)),
    expected,
  );
}
