import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '@tessera/core';
import type { OpenPath } from './file-system.js';

/** A file of the disk, by path or file: URL. Folders are made; what is written replaces the old file in one step. */
export const openPath: OpenPath = (given) => {
  const name = given instanceof URL || given.startsWith('file:') ? fileURLToPath(given) : given;
  return {
    name,
    async read() {
      const bytes = await readFile(name).catch((cause: unknown) => fail(`${name} cannot be read`, name, cause));
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    },
    async write(bytes) {
      await replaceFile(name, bytes).catch((cause: unknown) => fail(`${name} cannot be written`, name, cause));
    },
  };
};

/**
 * Writes a file of its own beside the target, waits until the disk has it, and renames: a crash at any moment leaves the
 * old file or the new one, and readers never see half of either.
 */
async function replaceFile(target: string, bytes: Uint8Array): Promise<void> {
  const folder = path.dirname(path.resolve(target));
  await mkdir(folder, { recursive: true });
  const unfinished = path.join(folder, `.${path.basename(target)}.${randomUUID()}.part`);
  try {
    const file = await open(unfinished, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** The new name is on the disk only when the folder is. Windows cannot open folders, and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function fail(summary: string, name: string, cause: unknown): never {
  throw new DataError(summary, { path: name, received: (cause as Error).message, cause });
}
