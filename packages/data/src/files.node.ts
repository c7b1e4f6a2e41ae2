import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@tessera-nn/core';
import type { Files } from './files.js';

/** Files of a disk; downloads are kept in `$XDG_CACHE_HOME/tessera`, or `~/.cache/tessera` where that is not set. */
export const files: Files = {
  async read(folder, name, signal) {
    const path = join(folder, name);
    try {
      return await readFile(path, signal && { signal });
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      signal?.throwIfAborted();
      throw new DataError(`${path} cannot be read`, { path, received: (cause as Error).message, cause });
    }
  },

  join,

  cache: {
    defaultFolder: (kind) => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tessera', kind),

    async write(folder, name, bytes) {
      const path = join(folder, name);
      // Another process may be writing the same file: each writes one of its own, and renaming is atomic.
      const unfinished = `${path}.${process.pid}-${Date.now()}.part`;
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(unfinished, bytes);
        await rename(unfinished, path);
      } catch (cause) {
        await rm(unfinished, { force: true }).catch(() => undefined);
        throw new DataError(`${path} cannot be written`, {
          path,
          received: (cause as Error).message,
          hint: 'Pass a cacheFolder that can be written, or cacheFolder: false to keep nothing',
          cause,
        });
      }
    },
  },
};

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
