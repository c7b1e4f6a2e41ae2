import { option, optionsOf, type Given } from '@tessera-nn/core';
import { sizesOf, type Transform } from './transform.js';

const options = optionsOf('cutout', {
  /** The side of the square. */
  size: option.count,
  /** What it is filled with. Default 0. */
  fill: option.number.or(0),
});
/** What is cut out. */
export type CutoutOptions = Given<typeof options>;

/**
 * Covers a square of each image, around a pixel drawn at random; some of it may lie outside. Source: T. DeVries and G. Taylor,
 * 2017.
 */
export function cutout(given: CutoutOptions): Transform {
  const { size, fill } = options.read(given);
  return (batch, stream) => {
    const { count, maps, height, width } = sizesOf(batch, 'cutout');
    const data = batch.data.slice();
    for (let i = 0; i < count; i++) {
      const [top, left] = [height, width].map((side) => stream.integer(side) - Math.floor(size / 2)) as [
        number,
        number,
      ];
      const [from, to] = [Math.max(0, left), Math.min(width, left + size)];
      for (let map = i * maps; map < (i + 1) * maps; map++) {
        for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
          data.fill(fill, (map * height + y) * width + from, (map * height + y) * width + to);
        }
      }
    }
    return { ...batch, data };
  };
}
