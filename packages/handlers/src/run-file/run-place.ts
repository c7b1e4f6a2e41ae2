import { ValueError } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import type { FileTarget } from '@tessera-nn/io';

/** Where runs are kept: a path in Node, which `.0.zip`, `.1.zip` ... are put behind, or a place for each of these numbers. */
export type RunPlace = string | URL | ((slot: number) => FileTarget);

/** How many files of a run are kept, unless somebody says otherwise. */
export const DEFAULT_KEPT = 3;

export function isRunPlace(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'function' || value instanceof URL;
}

/** The file of a number. @throws ValueError for what is not a place. */
export function fileOf(place: RunPlace, slot: number): FileTarget {
  if (typeof place === 'function') return place(slot);
  if (typeof place === 'string') return `${place}.${slot}.zip`;
  if (place instanceof URL) return new URL(`${place.href}.${slot}.zip`);
  throw new ValueError('There is no place for a run', {
    path: 'Trainer',
    expected: 'a path, or a function from a number to a place, as (slot) => originPrivateFile(`run-${slot}`)',
    received: shownValue(place),
  });
}
