import { Cursor } from '../files/cursor.js';
import { isZip, startText } from '../files/foreign-format.js';
import { bytesOf } from '../tensors/number-types.js';
import { readZip, refuseSwelling } from '../zip/read-zip.js';
import { readPickle } from './pickle.js';
import type { TorchNames, TorchStorage } from './torch-names.js';

/** What lies in a file of PyTorch. */
export interface TorchFile {
  /** The value that was saved. */
  readonly root: unknown;
  /** The bytes of a storage. */
  bytes(storage: TorchStorage): Promise<Uint8Array>;
}

const PICKLE = 'data.pkl';

/** Whether a file begins as `torch.save` of any version writes it. */
export function isTorchFile(bytes: Uint8Array): boolean {
  const start = startText(bytes); // the first entry is the pickle
  // The length of a header of safetensors may begin as a pickle does, and then comes the header.
  return isZip(bytes) ? start.includes(PICKLE) : start.startsWith(PROTO) && start[8] !== '{';
}

/** How a pickle begins. */
const PROTO = '\x80';

/**
 * Opens a file of `torch.save`: a zip file, or before version 1.6 pickles one behind the other. No more is unpacked than a limit
 * beside the bytes of the file itself.
 */
export async function openTorch(bytes: Uint8Array, names: TorchNames, limit: number): Promise<TorchFile> {
  return isZip(bytes) ? openArchive(bytes, names, limit) : openLegacy(new Cursor(bytes, names.refuse), names);
}

async function openArchive(bytes: Uint8Array, names: TorchNames, limit: number): Promise<TorchFile> {
  const { refuse } = names;
  const listed = readZip(bytes, refuse);
  refuseSwelling(listed, limit + bytes.length, refuse);
  const entries = new Map(listed.map((entry) => [entry.name, entry]));
  const pickle = [...entries.values()].find(({ name }) => name.endsWith(`/${PICKLE}`));
  if (!pickle) return refuse(`it has no ${PICKLE}`);
  const folder = pickle.name.slice(0, -PICKLE.length);
  const order = await entries.get(`${folder}byteorder`)?.bytes();
  if (order && new TextDecoder().decode(order) !== 'little') return refuse('its numbers have their first byte first');
  const root = readPickle(new Cursor(await pickle.bytes(), refuse), names);
  return {
    root,
    async bytes({ key, dtype, length }) {
      const entry = entries.get(`${folder}data/${key}`);
      if (entry?.size === length * bytesOf(dtype)) return entry.bytes();
      return refuse(`storage "${key}" of ${length} ${dtype} has ${entry?.size ?? 'no'} bytes`);
    },
  };
}

/** What old files begin with, and their version. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

function openLegacy(cursor: Cursor, names: TorchNames): TorchFile {
  const { refuse } = names;
  if (readPickle(cursor, names) !== MAGIC || readPickle(cursor, names) !== VERSION) {
    return refuse('it is a pickle, and not one of PyTorch');
  }
  readPickle(cursor, names); // sizes of the numbers of C where it was written
  const root = readPickle(cursor, names);
  const keys = readPickle(cursor, names);
  if (!Array.isArray(keys)) return refuse('it has no list of storages');
  const data = new Map<string, Uint8Array>();
  for (const key of keys as unknown[]) {
    const storage = typeof key === 'string' ? names.storages.get(key) : undefined;
    if (storage?.length !== cursor.length()) return refuse('it has a storage that nothing refers to');
    data.set(storage.key, cursor.take(storage.length * bytesOf(storage.dtype)));
  }
  return {
    root,
    bytes: ({ key }) => Promise.resolve(data.get(key) ?? refuse(`storage "${key}" is missing`)),
  };
}
