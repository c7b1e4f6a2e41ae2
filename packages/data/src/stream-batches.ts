import {
  DataError,
  option,
  optionsOf,
  randomStream,
  ShapeError,
  type Given,
  type RandomStream,
} from '@tessera-nn/core';
import { sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';
import type { Batch } from './dataset.js';

/** One sample of a stream. */
export interface Sample {
  readonly data: ArrayLike<number>;
  /** Such as `[1, 28, 28]`. */
  readonly shape: readonly number[];
  readonly label: number;
}

const options = optionsOf('streamBatches', {
  /** Samples per batch. */
  batchSize: option.count,
  /** From how many samples the next one is drawn; 1 keeps the order. Default 1. */
  shuffle: option.count.or(1),
  /** How many batches are made ahead while the last one is used. Default 1. */
  ahead: option.wholeFrom(0).or(1),
  /** Leave out a short last batch; default false. */
  dropLast: option.flag.or(false),
  /** Where samples are drawn from; default the shared stream, which `seed(n)` starts anew. */
  stream: option.objectWith<RandomStream>('a random stream', 'integer').optional,
});
/** How a stream is cut into batches. */
export type StreamBatchesOptions = Given<typeof options>;

/**
 * Batches of samples that come one by one, such as lines of a file that is larger than memory. The next batches are made
 * while the last one is used. Leaving the loop ends the source.
 *
 * @example
 * async function* points() {
 *   for (let i = 0; i < 5; i++) yield { data: [i], shape: [1], label: i % 2 };
 * }
 * const sizes: number[] = [];
 * for await (const { labels } of streamBatches(points(), { batchSize: 2 })) sizes.push(labels.length);
 * console.log(sizes); // [ 2, 2, 1 ]
 * @throws ShapeError where samples do not have one shape; whatever the source throws.
 */
export async function* streamBatches(
  source: AsyncIterable<Sample> | Iterable<Sample>,
  given: StreamBatchesOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { batchSize, shuffle, ahead, dropLast, stream = randomStream() } = options.read(given);
  const made = cut(drawn(source, shuffle, stream), batchSize, dropLast);
  const waiting: Promise<IteratorResult<Batch, void>>[] = [];
  try {
    for (;;) {
      while (waiting.length <= ahead) {
        const next = made.next();
        next.catch(() => undefined); // it is thrown where it is awaited
        waiting.push(next);
      }
      const { done, value } = await waiting.shift()!;
      if (done) return;
      yield value;
    }
  } finally {
    await Promise.allSettled(waiting);
    await made.return();
  }
}

/** The samples, each drawn from so many that came. */
async function* drawn(source: AsyncIterable<Sample> | Iterable<Sample>, size: number, stream: RandomStream) {
  const waiting: Sample[] = [];
  const take = () => {
    const at = stream.integer(waiting.length);
    const sample = waiting[at]!;
    waiting[at] = waiting.at(-1)!;
    waiting.pop();
    return sample;
  };
  for await (const sample of source) {
    waiting.push(sample);
    if (waiting.length >= size) yield size === 1 ? waiting.pop()! : take();
  }
  while (waiting.length > 0) yield take();
}

async function* cut(samples: AsyncIterable<Sample>, batchSize: number, dropLast: boolean) {
  let waiting: Sample[] = [];
  let first = 0;
  for await (const sample of samples) {
    waiting.push(sample);
    if (waiting.length < batchSize) continue;
    yield batchOf(waiting, first);
    first += waiting.length;
    waiting = [];
  }
  if (waiting.length > 0 && !dropLast) yield batchOf(waiting, first);
}

function batchOf(samples: readonly Sample[], first: number): Batch {
  const [{ shape }] = samples as [Sample];
  const size = sizeOf(shape);
  const data = new Float32Array(samples.length * size);
  const labels = new Int32Array(samples.length);
  samples.forEach((sample, i) => {
    if (!sameShape(sample.shape, shape) || sample.data.length !== size) {
      throw new ShapeError('streamBatches: the samples do not have one shape', {
        path: 'streamBatches',
        expected: `${shapeText(shape)}, as the first of the batch, and ${size} values`,
        received: `${shapeText(sample.shape)} and ${sample.data.length}`,
      });
    }
    if (!Number.isInteger(sample.label)) {
      throw new DataError('streamBatches: a label is a class number', {
        expected: 'a whole number',
        received: String(sample.label),
      });
    }
    data.set(sample.data, i * size);
    labels[i] = sample.label;
  });
  return { data, shape: [samples.length, ...shape], labels, indices: Uint32Array.from(samples, (_, i) => first + i) };
}
