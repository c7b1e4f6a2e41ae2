import { type AnyModule, ValueError } from '@tessera-nn/core';
import type { Gathering } from '@tessera-nn/data';

/** PuzzleLib's default. */
export const DEFAULT_BATCH_SIZE = 128;

/**
 * Runs work with every part of a module in train or eval mode, and puts each part's own mode back. The work is synchronous:
 * a mode that is held while others run would be theirs, too.
 */
export function inMode<T>(module: AnyModule, training: boolean, work: () => T): T {
  const others = [...module.modules()].filter((part) => part.training !== training);
  for (const part of others) part.train(training, false);
  try {
    return work();
  } finally {
    for (const part of others) part.train(!training, false);
  }
}

/** The samples in batches, in the given order, with the count of each; the last one may be short. */
export function* batchesOf<Batch>(
  samples: Gathering<Batch>,
  order: Uint32Array,
  batchSize: number,
): Generator<[batch: Batch, count: number]> {
  for (let at = 0; at < order.length; at += batchSize) {
    const indices = order.subarray(at, at + batchSize);
    yield [samples.gather(indices), indices.length];
  }
}

/** The numbers from 0, in order. */
export function inOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}

/** @throws ValueError for anything but a whole number from 1. */
export function checkCount(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ValueError(`${name} is a count`, {
    path: name,
    expected: 'a whole number from 1',
    received: String(value),
  });
}
