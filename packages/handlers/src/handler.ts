import { DataError, option, type AnyModule } from '@tessera-nn/core';
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
