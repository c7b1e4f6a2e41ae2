import { DataError, option } from '@tessera-nn/core';
import { synchronous } from '@tessera-nn/core/internal';
import type { Gathering } from '@tessera-nn/data';

/** PuzzleLib's default. */
const DEFAULT_BATCH_SIZE = 128;

/** How many samples a handler takes at once, as each declares it. */
export const batchSizeOption = option.count.or(DEFAULT_BATCH_SIZE);

/** What goes over samples in batches. */
export abstract class Handler {
  readonly #declared: DeclaredBatchSize;
  #batchSize: number;

  /** @param declared the handler's options, which check a batch size that is set later. */
  constructor(declared: DeclaredBatchSize, batchSize: number) {
    this.#declared = declared;
    this.#batchSize = batchSize;
  }

  /** Samples in a batch; a run that has begun keeps the size that it began with. */
  get batchSize(): number {
    return this.#batchSize;
  }

  set batchSize(size: number) {
    this.#batchSize = this.#declared.check('batchSize', size);
  }
}

interface DeclaredBatchSize {
  check(name: 'batchSize', value: unknown): number;
}

/** The samples in batches, in the given order, with the count of each; the last one may be short. */
export function* batchesOf<Batch>(
  samples: Gathering<Batch>,
  order: Uint32Array,
  batchSize: number,
): Generator<[batch: Batch, count: number]> {
  for (let at = 0; at < order.length; at += batchSize) {
    const indices = order.subarray(at, at + batchSize);
    yield [gathered(samples, indices), indices.length];
  }
}

/** @throws DataError when they come asynchronously. */
function gathered<Batch>(samples: Gathering<Batch>, indices: Uint32Array): Batch {
  return synchronous(samples.gather(indices), 'Samples are gathered asynchronously', {
    kind: DataError,
    hint: 'Await what gather() needs before the run, or between two runs',
  });
}

/** The numbers from 0, in order. */
export function inOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i);
}
