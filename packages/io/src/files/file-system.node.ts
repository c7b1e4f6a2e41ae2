import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError } from '@tessera-nn/core';
import type { OpenPath } from './file-system.js';

/** The part of a file's mode that says who may do what. */
const PERMISSIONS = 0o777;
/** How the name of a file ends that is being written. */
const UNFINISHED = '.part';
/** As many as Linux follows. */
const MOST_LINKS = 40;

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
 * old file or the new one, and readers never see half of either. What crashes left beside it is removed by the next write.
 *
 * As `cp` does, it writes behind a link, into a device or a pipe, and not over a file that is read-only.
 */
async function replaceFile(name: string, bytes: Uint8Array): Promise<void> {
  const target = await behindLinks(name);
  const old = await stat(target).catch(() => undefined);
  if (old && !old.isFile() && !old.isDirectory()) return writeFile(target, bytes);
  if (old?.isFile()) await access(target, constants.W_OK);
  const folder = path.dirname(target);
  await mkdir(folder, { recursive: true });
  await removeUnfinished(target);
  const unfinished = path.join(folder, `.${path.basename(target)}.${process.pid}.${randomUUID()}${UNFINISHED}`);
  try {
    // Whoever could not read the old file cannot read the new one.
    const file = await open(unfinished, 'wx', old && old.mode & PERMISSIONS);
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

/** Where a path leads, also through a link to a file that is not there yet. */
async function behindLinks(name: string): Promise<string> {
  let target = path.resolve(name);
  for (let links = 0; links < MOST_LINKS; links++) {
    const next = await readlink(target).catch(() => undefined);
    if (next === undefined) return realpath(target).catch(() => target);
    target = path.resolve(path.dirname(target), next);
  }
  return realpath(name); // says that there are too many
}

/** Removes what processes that are no more left of this file. */
async function removeUnfinished(target: string): Promise<void> {
  const [folder, beginning] = [path.dirname(target), `.${path.basename(target)}.`];
  for (const name of await readdir(folder)) {
    if (!name.startsWith(beginning) || !name.endsWith(UNFINISHED)) continue;
    const rest = name.slice(beginning.length, -UNFINISHED.length);
    const [, pid] = /^(?:(\d+)\.)?[\da-f-]{36}$/.exec(rest) ?? [];
    const isOurs = pid !== undefined || /^[\da-f-]{36}$/.test(rest);
    if (!isOurs || (pid !== undefined && runs(Number(pid)))) continue;
    await rm(path.join(folder, name), { force: true }).catch(() => undefined);
  }
}

/** Whether a process of this number is there, on this machine. */
function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
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
