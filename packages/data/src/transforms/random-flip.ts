import { option, optionsOf, type Given } from '@tessera-nn/core';
import { sizesOf, type Transform } from './transform.js';

const options = optionsOf('randomFlip', {
  /** How likely left and right are exchanged. Default 0.5. */
  horizontal: option.numberBetween(0, 1).or(0.5),
  /** How likely top and bottom are exchanged. Default 0. */
  vertical: option.numberBetween(0, 1).or(0),
});
/** How likely images are flipped. */
export type RandomFlipOptions = Given<typeof options>;

/** Mirrors images at random, each for itself. Source: torchvision's `RandomHorizontalFlip` and `RandomVerticalFlip`. */
export function randomFlip(given: RandomFlipOptions = {}): Transform {
  const { horizontal, vertical } = options.read(given);
  return (batch, stream) => {
    const { count, maps, height, width } = sizesOf(batch, 'randomFlip');
    const data = new Float32Array(batch.data.length);
    for (let i = 0; i < count; i++) {
      const [mirrored, upset] = [stream.uniform() < horizontal, stream.uniform() < vertical];
      for (let map = i * maps; map < (i + 1) * maps; map++) {
        for (let y = 0; y < height; y++) {
          const from = (map * height + (upset ? height - 1 - y : y)) * width;
          const row = batch.data.slice(from, from + width);
          data.set(mirrored ? row.reverse() : row, (map * height + y) * width);
        }
      }
    }
    return { ...batch, data };
  };
}
