import { DataError, type RandomState } from '@tessera-nn/core';
import { isPlainObject } from '@tessera-nn/core/internal';
import type { CostState } from '@tessera-nn/cost';
import type { ScheduleState } from '@tessera-nn/optim';
import type { EpochRecord } from '../history.js';

const FORMAT = 'tessera-run';
/** The newest layout that is known, and the one that is written. */
const VERSION = 1;

/** All of a run that is not in network, optimizer and losses; plain data, which JSON keeps. */
export interface RunNotes {
  /** Counts the files of a run. */
  readonly number: number;
  readonly epoch: number;
  readonly batch: number;
  readonly lossSum: number;
  readonly samples: number;
  readonly stale: number;
  readonly shuffledFrom: RandomState | null;
  /** What an epoch was made of: samples of the data, and of a step. */
  readonly plan: EpochPlan | null;
  readonly best: { readonly epoch: number; readonly score: number } | null;
  readonly streams: StreamStates;
  readonly schedule: ScheduleState | null;
  readonly cost: CostState;
  readonly epochs: readonly EpochRecord[];
}

/** Where the streams stand that a run draws from. */
export interface StreamStates {
  readonly shared: RandomState;
  /** The Trainer's. */
  readonly own: RandomState | null;
  /** Those of modules, by path. Files of before there were some have none. */
  readonly modules?: Readonly<Record<string, RandomState>>;
  /** Those of the samples, in their order. */
  readonly data?: readonly RandomState[];
}

/** What the steps of an epoch are cut out of. */
export interface EpochPlan {
  readonly samples: number;
  readonly stepSize: number;
}

export function writeNotes(notes: RunNotes): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, formatVersion: VERSION, ...notes }, null, 1));
}

/** @throws DataError when they are not those of a run, or of a newer version. */
export function readNotes(bytes: Uint8Array, source: string): RunNotes {
  const notes = parsed(bytes) as Record<string, unknown>;
  const isRun = isPlainObject(notes) && notes.format === FORMAT;
  if (isRun && notes.formatVersion === VERSION) return notes as unknown as RunNotes;
  throw new DataError(`${source} is not a run of a Trainer that can be read`, {
    path: source,
    expected: `format "${FORMAT}" of version ${VERSION}`,
    received: isRun ? `version ${String(notes.formatVersion)}` : 'something else',
    ...(isRun && { hint: 'A newer Tessera reads it' }),
  });
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
