import { DataError, type NodeInfo } from '@tessera-nn/core';
import { findRun, openRun, type FoundRun } from './find-run.js';
import type { RunPlace } from './run-place.js';

/** What rank 0 tells in the place of a length: there are no files, or none that is sound. */
const [NONE, FAILED] = [-1, -2];

/**
 * Reads the newest file of a run on rank 0, and gives it to all: the others may be where its disk is not.
 *
 * @returns undefined when there are no files.
 * @throws DataError on all ranks when there are some, and all of them are damaged.
 */
export async function findTogether(
  place: RunPlace,
  kept: number,
  nodeinfo: NodeInfo | undefined,
): Promise<FoundRun | undefined> {
  if (!nodeinfo) return findRun(place, kept);
  if (nodeinfo.rank > 0) return receive(nodeinfo);
  const tell = (length: number) => nodeinfo.broadcast(Float64Array.of(length));
  let found: FoundRun | undefined;
  try {
    found = await findRun(place, kept);
  } catch (error) {
    tell(FAILED);
    throw error;
  }
  tell(found?.bytes.length ?? NONE);
  if (found) nodeinfo.broadcast(found.bytes);
  return found;
}

async function receive(nodeinfo: NodeInfo): Promise<FoundRun | undefined> {
  const told = new Float64Array(1);
  nodeinfo.broadcast(told);
  const length = told[0]!;
  if (length === NONE) return undefined;
  if (length === FAILED) throw new DataError('Rank 0 finds no sound file of this run', { path: 'Trainer' });
  const bytes = new Uint8Array(length);
  nodeinfo.broadcast(bytes);
  return openRun(bytes, 'The run of rank 0');
}
