// What a pickle of PyTorch may name: storages of numbers, tensors that look into them, and the dicts around them.
import { Callable, type PickleNames } from './pickle.js';
import type { NumberType } from '../tensors/number-types.js';

/** Numbers that lie one behind the other, outside the pickle. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly dtype: NumberType,
    /** How many numbers it has. */
    readonly length: number,
  ) {}
}

/** A view into a storage, as the pickle tells it: nothing of it is checked. */
export class TorchTensor {
  constructor(
    readonly storage: unknown,
    readonly offset: unknown,
    readonly shape: unknown,
    readonly strides: unknown,
  ) {}
}

/** The type of the numbers in a storage. */
class StorageType {
  constructor(readonly dtype: NumberType) {}
}

const storageTypes: Readonly<Record<string, NumberType>> = {
  ...{ FloatStorage: 'float32', DoubleStorage: 'float64', HalfStorage: 'float16', BFloat16Storage: 'bfloat16' },
  ...{ LongStorage: 'int64', IntStorage: 'int32', ShortStorage: 'int16', CharStorage: 'int8', ByteStorage: 'uint8' },
  BoolStorage: 'bool',
};

const rebuiltTensor = new Callable(
  ([storage, offset, shape, strides]) => new TorchTensor(storage, offset, shape, strides),
);
const firstArgument = new Callable(([value]) => value);

const globals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['collections.OrderedDict', new Callable(([pairs]) => dictOf(pairs))],
  ['torch.Size', firstArgument],
  ['torch._utils._rebuild_tensor', rebuiltTensor],
  ['torch._utils._rebuild_tensor_v2', rebuiltTensor],
  ['torch._utils._rebuild_parameter', firstArgument],
  ['torch.nn.parameter.Parameter', firstArgument],
  ...Object.entries(storageTypes).map(([name, dtype]) => [`torch.${name}`, new StorageType(dtype)] as const),
]);

function dictOf(pairs: unknown): Map<unknown, unknown> {
  const isPair = (pair: unknown): pair is [unknown, unknown] => Array.isArray(pair) && pair.length === 2;
  return new Map(Array.isArray(pairs) ? pairs.filter(isPair) : []);
}

/** The names of one file, and the storages that it was found to have. */
export class TorchNames implements PickleNames {
  readonly storages = new Map<string, TorchStorage>();

  /** @param refuse called with what is wrong, `refuseName` with a name that is not in the table; both throw. */
  constructor(
    readonly refuse: (problem: string) => never,
    readonly refuseName: (name: string) => never,
  ) {}

  global(name: string): unknown {
    return globals.has(name) ? globals.get(name) : this.refuseName(name);
  }

  persistent(id: unknown): TorchStorage {
    const [kind, type, key, , length] = Array.isArray(id) ? (id as unknown[]) : [];
    if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !isCount(length)) {
      return this.refuse('it refers to something else than a storage of numbers');
    }
    const storage = this.storages.get(key) ?? new TorchStorage(key, type.dtype, length);
    if (storage.dtype !== type.dtype || storage.length !== length) {
      return this.refuse(`it describes storage "${key}" in two ways`);
    }
    this.storages.set(key, storage);
    return storage;
  }
}

/** Whether a value of a pickle is a count of something. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
