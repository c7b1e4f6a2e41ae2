import { DataError } from '@tessera-nn/core';
import type { Place } from './place.js';

/**
 * A file in the origin private file system, which belongs to the page's origin and which the user does not see. The path
 * may go through folders, as `runs/net.safetensors`; they are made.
 */
export function originPrivateFile(path: string): Place {
  const name = `OPFS file "${path}"`;
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof DataError) throw cause;
      throw new DataError(`${name} cannot be ${what}`, { path, received: String(cause), cause });
    }
  };
  return {
    name,
    read: () =>
      attempt('read', async () => {
        const file = await (await handleOf(path, false)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      }),
    write: (bytes) =>
      attempt('written', async () => {
        // What is written goes to a copy, which replaces the file when it is closed.
        const stream = await (await handleOf(path, true)).createWritable();
        try {
          await stream.write(bytes as Uint8Array<ArrayBuffer>);
        } catch (error) {
          await stream.abort().catch(() => undefined);
          throw error;
        }
        await stream.close();
      }),
  };
}

async function handleOf(path: string, create: boolean): Promise<FileSystemFileHandle> {
  if (typeof navigator === 'undefined' || typeof navigator.storage?.getDirectory !== 'function') {
    throw new DataError('There is no origin private file system here', {
      path,
      hint: 'It needs a browser and a page from https or localhost; use indexedDbFile(name), or a path in Node',
    });
  }
  const names = path.split('/').filter(Boolean);
  const last = names.pop() ?? '';
  let folder = await navigator.storage.getDirectory();
  for (const step of names) folder = await folder.getDirectoryHandle(step, { create });
  return folder.getFileHandle(last, { create });
}
