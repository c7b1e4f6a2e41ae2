import { option, optionsOf, randomStream, type Given, type RandomStream } from '@tessera-nn/core';
import { checkFunction } from '@tessera-nn/core/internal';
import { streamsOf, type Gathering } from '../dataset.js';

const options = optionsOf('mapSamples', {
  /** Where the function draws from; default the shared stream, which `seed(n)` starts anew. */
  stream: option.objectWith<RandomStream>('a random stream', 'uniform', 'integer').optional,
});
/** How samples are changed. */
export type MapSamplesOptions = Given<typeof options>;

/**
 * Samples whose batches a function changes when they are gathered.
 *
 * @example
 * const mixed = mapSamples(digits.train, mixUp({ classes: 10 }));
 */
export function mapSamples<Gathered, Changed>(
  samples: Gathering<Gathered>,
  change: (batch: Gathered, stream: RandomStream) => Changed,
  given: MapSamplesOptions = {},
): Gathering<Changed> {
  checkFunction(change, 'mapSamples');
  const { stream } = options.read(given);
  return {
    length: samples.length,
    ...streamsOf([samples], stream),
    gather: (indices) => change(samples.gather(indices), stream ?? randomStream()),
  };
}
