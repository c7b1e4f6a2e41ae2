import { checkFunction } from '@tessera-nn/core/internal';
import type { Gathering } from '../dataset.js';

/**
 * Samples whose batches a function changes when they are gathered.
 *
 * @example
 * const mixed = mapSamples(digits.train, (batch) => mixUp({ classes: 10 })(batch, randomStream()));
 */
export function mapSamples<Gathered, Changed>(
  samples: Gathering<Gathered>,
  change: (batch: Gathered) => Changed,
): Gathering<Changed> {
  checkFunction(change, 'mapSamples');
  return { length: samples.length, gather: (indices) => change(samples.gather(indices)) };
}
