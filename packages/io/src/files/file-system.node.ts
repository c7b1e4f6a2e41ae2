import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '@tessera-nn/core';
import type { OpenPath } from './file-system.js';

/** The part of a file's mode that says who may do what. */
const PERMISSIONS = 0o777;

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
async function replaceFile(name: string, bytes: Uint8Array): Promise<void> {
  // Behind a link the file is replaced, not the link; and whoever could not read the old file cannot read the new one.
  const target = await realpath(name).catch(() => path.resolve(name));
  const mode = await stat(target).then(
    (old) => old.mode & PERMISSIONS,
    () => undefined,
  );
  const folder = path.dirname(target);
  await mkdir(folder, { recursive: true });
  const unfinished = path.join(folder, `.${path.basename(target)}.${randomUUID()}.part`);
  try {
    const file = await open(unfinished, 'wx', mode);
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
