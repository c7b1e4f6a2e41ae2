import { DataError, TesseraError } from '@tessera-nn/core';
import { readBytes } from '@tessera-nn/io';
import { readZip } from '@tessera-nn/io/internal';
import { readNotes, type RunNotes } from './run-notes.js';
import { fileOf, type RunPlace } from './run-place.js';
import { entryNames } from './save-run.js';

/** More files of one run are not looked for. */
const MOST_SLOTS = 1000;

/** A file of a run that is sound: its entries, whose checksums fit, by name. */
export interface FoundRun {
  readonly source: string;
  readonly bytes: Uint8Array;
  readonly notes: RunNotes;
  readonly entries: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads the newest file of a run. One that is damaged is passed over, for the one before it.
 *
 * @param kept how many slots there are at least; more are looked at as long as there are files in them.
 * @returns undefined when there are no files.
 * @throws DataError when there are some, and all of them are damaged.
 */
export async function findRun(place: RunPlace, kept: number): Promise<FoundRun | undefined> {
  let newest: FoundRun | undefined;
  const damaged: TesseraError[] = [];
  for (let slot = 0; slot < MOST_SLOTS; slot++) {
    const bytes = await readBytes(fileOf(place, slot)).catch((error: unknown) => {
      if (error instanceof TesseraError && error.name === 'DataError') return undefined;
      throw error;
    });
    if (!bytes && slot >= kept) break;
    if (!bytes) continue;
    try {
      const found = await openRun(bytes, `File ${slot} of the run`);
      if (!newest || found.notes.number > newest.notes.number) newest = found;
    } catch (error) {
      if (!(error instanceof TesseraError)) throw error;
      damaged.push(error);
    }
  }
  if (newest || damaged.length === 0) return newest;
  throw new DataError('All files of this run are damaged', {
    path: 'Trainer',
    received: damaged.map(({ message }) => message).join(' '),
    cause: damaged[0],
  });
}

/** The entries of one file. @throws DataError when it is damaged. */
export async function openRun(bytes: Uint8Array, source: string): Promise<FoundRun> {
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is damaged: ${problem}`, { path: source });
  };
  const entries = new Map<string, Uint8Array>();
  for (const entry of readZip(bytes, refuse)) entries.set(entry.name, await entry.bytes());
  const { best: _, ...needed } = entryNames;
  const missing = Object.values(needed).find((name) => !entries.has(name));
  if (missing !== undefined) refuse(`it has no ${missing}`);
  return { source, bytes, entries, notes: readNotes(entries.get(entryNames.notes)!, source) };
}
