import { option, optionsOf, ShapeError, type Given } from '@tessera-nn/core';
import type { Dataset } from '../dataset.js';
import { checkDataset } from '../given.js';
import { sizesOf, type Transform } from './transform.js';

const options = optionsOf('normalizeMaps', {
  /** What is subtracted from each map. */
  mean: option.listOf(option.number, 'numbers', 1),
  /** What each map is divided by. */
  std: option.listOf(option.numberAbove(0), 'numbers above 0', 1),
});
/** The mean and the deviation of each map; `mapStatistics` computes them, and JSON keeps them. */
export type MapStatistics = Given<typeof options>;

/**
 * (x - mean) / std with numbers of its own for each map. Source: torchvision's `Normalize`.
 *
 * @example
 * const train = augmented(digits.train, [normalizeMaps(mapStatistics(digits.train))]);
 * @throws ShapeError where there are not as many numbers as maps.
 */
export function normalizeMaps(given: MapStatistics): Transform {
  const { mean, std } = options.read(given);
  return (batch) => {
    const { count, maps, height, width } = sizesOf(batch, 'normalizeMaps');
    if (mean.length !== maps || std.length !== maps) {
      throw new ShapeError('normalizeMaps: there is not one mean and one deviation for each map', {
        path: 'normalizeMaps',
        expected: `${maps} of each`,
        received: `${mean.length} and ${std.length}`,
      });
    }
    const data = new Float32Array(batch.data.length);
    const size = height * width;
    for (let map = 0; map < count * maps; map++) {
      const [middle, spread] = [mean[map % maps]!, std[map % maps]!];
      for (let i = map * size; i < (map + 1) * size; i++) data[i] = (batch.data[i]! - middle) / spread;
    }
    return { ...batch, data };
  };
}

/** Samples that are looked at together. */
const CHUNK = 256;

/**
 * The mean of each map over all samples and pixels, and its deviation (1 where a map is the same everywhere).
 *
 * @throws DataError for what is not a dataset; ShapeError where its samples are not images.
 */
export function mapStatistics(dataset: Dataset): { mean: number[]; std: number[] } {
  checkDataset(dataset, 'mapStatistics');
  const maps = dataset.sampleShape[0]!;
  const [sums, squares] = [new Float64Array(maps), new Float64Array(maps)];
  let size = 0;
  for (let from = 0; from < dataset.length; from += CHUNK) {
    const batch = dataset.gather(
      Uint32Array.from({ length: Math.min(CHUNK, dataset.length - from) }, (_, i) => from + i),
    );
    const { height, width } = sizesOf(batch, 'mapStatistics');
    size = height * width;
    batch.data.forEach((value, i) => {
      const map = Math.floor(i / size) % maps;
      sums[map]! += value;
      squares[map]! += value * value;
    });
  }
  const count = dataset.length * size;
  const mean = Array.from(sums, (sum) => sum / count);
  const std = mean.map((middle, map) => Math.sqrt(Math.max(0, squares[map]! / count - middle * middle)) || 1);
  return { mean, std };
}
