import { option, optionsOf, RandomStream, randomStream, ShapeError, ValueError, type Given } from '@tessera-nn/core';
import { shapeText, shownValue } from '@tessera-nn/core/internal';
import { streamsOf, type Batch, type Dataset } from '../dataset.js';
import { checkDataset } from '../given.js';

/** Images of a batch, one after another. */
export interface Images {
  readonly data: Float32Array;
  /** `[count, maps, height, width]`. */
  readonly shape: number[];
}

/** Changes a batch, at random where it says so; it never writes into what it is given. */
export type Transform = <B extends Images>(batch: B, stream: RandomStream) => B;

const options = optionsOf('augmented', {
  /** Where transforms draw from; default the shared stream, which `seed(n)` starts anew. */
  stream: option.objectWith<RandomStream>('a random stream', 'uniform', 'integer').optional,
});
/** What a dataset is augmented with. */
export type AugmentedOptions = Given<typeof options>;

/**
 * A dataset whose batches go through transforms, in their order, each time that they are gathered.
 *
 * @example
 * const train = augmented(digits.train, [randomCrop({ pad: 2 }), randomAffine({ degrees: 10 })]);
 * for (const batch of batches(train, { batchSize: 64 })) console.log(batch.shape);
 * @throws DataError for what is not a dataset; ValueError for transforms that are not a list of functions.
 */
export function augmented(dataset: Dataset, transforms: readonly Transform[], given: AugmentedOptions = {}): Dataset {
  checkDataset(dataset, 'augmented');
  checkTransforms(transforms);
  const { stream } = options.read(given);
  const through = (batch: Batch, source: RandomStream): Batch =>
    transforms.reduce((changed, transform) => transform(changed, source), batch);
  // What a transform makes of a shape does not depend on what it draws.
  const sampleShape = through(dataset.gather([0]), new RandomStream(0)).shape.slice(1);
  return {
    length: dataset.length,
    sampleShape,
    ...streamsOf([dataset], stream),
    gather: (indices) => through(dataset.gather(indices), stream ?? randomStream()),
  };
}

/** The sizes of a batch of images. @throws ShapeError for anything else. */
export function sizesOf(
  { shape }: Images,
  who: string,
): { count: number; maps: number; height: number; width: number } {
  const [count, maps, height, width] = shape;
  if (shape.length === 4) return { count: count!, maps: maps!, height: height!, width: width! };
  throw new ShapeError(`${who} changes images`, {
    path: who,
    expected: '[count, maps, height, width]',
    received: shapeText(shape),
  });
}

function checkTransforms(value: unknown): void {
  if (Array.isArray(value) && value.every((transform) => typeof transform === 'function')) return;
  throw new ValueError('augmented takes a dataset and transforms', {
    path: 'augmented',
    expected: 'a list of functions',
    received: shownValue(value),
  });
}
