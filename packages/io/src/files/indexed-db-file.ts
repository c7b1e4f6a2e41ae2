import { DataError, option, optionsOf, type Given } from '@tessera-nn/core';
import type { Place } from './place.js';

const STORE = 'files';

const indexedDbOptions = optionsOf('indexedDbFile', {
  /** Keeps several applications of one origin apart. Default tessera. */
  database: option.text.or('tessera'),
});
/** Where a file of IndexedDB lies. */
export type IndexedDbOptions = Given<typeof indexedDbOptions>;

/** A file in IndexedDB, under a name of its own. `database` keeps several applications of one origin apart. */
export function indexedDbFile(key: string, options: IndexedDbOptions = {}): Place {
  const { database } = indexedDbOptions.read(options);
  const name = `IndexedDB file "${key}"`;
  const attempt = async <T>(what: string, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>) => {
    if (!('indexedDB' in globalThis)) {
      throw new DataError('There is no IndexedDB here', { path: key, hint: 'Use a path in Node' });
    }
    try {
      return await inStore(database, mode, work);
    } catch (cause) {
      throw new DataError(`${name} cannot be ${what}`, { path: key, received: String(cause), cause });
    }
  };
  return {
    name,
    async read() {
      const found = await attempt('read', 'readonly', (store) => store.get(key) as IDBRequest<unknown>);
      if (found instanceof Uint8Array) return found;
      throw new DataError(`${name} is not there`, { path: key, received: `nothing in the database "${database}"` });
    },
    async write(bytes) {
      // A view would take the whole buffer around it along.
      await attempt('written', 'readwrite', (store) => store.put(bytes.slice(), key));
    },
  };
}

/** Runs one request; resolves when its transaction is through, so that what was written will be there. */
async function inStore<T>(
  database: string,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(database, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const db = await settled(opening);
  try {
    const transaction = db.transaction(STORE, mode, { durability: 'strict' });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(new Error(transaction.error?.message ?? 'the transaction was given up'));
    });
    const [result] = await Promise.all([settled(work(transaction.objectStore(STORE))), done]);
    return result;
  } finally {
    db.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(request.error?.message ?? 'the request failed'));
  });
}
