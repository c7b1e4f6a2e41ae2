import { option, optionsOf, ValueError, type Given, type Pair } from '@tessera-nn/core';
import { sizesOf, type Transform } from './transform.js';

const options = optionsOf('randomCrop', {
  /** Zeros put around before. Default 0. */
  pad: option.wholeFrom(0).or(0),
  /** Height and width of what is cut out. Default: those of the image. */
  size: option.pairFrom(1).optional,
});
/** What randomCrop cuts out. */
export type RandomCropOptions = Given<typeof options>;

/**
 * Cuts each image out at a place of its own, after zeros were put around: with a pad of 4 it moves by up to 4 pixels.
 *
 * Source: torchvision's `RandomCrop`. @throws ValueError where the image is smaller than what is to be cut out.
 */
export function randomCrop(given: RandomCropOptions = {}): Transform {
  const { pad, size } = options.read(given);
  return (batch, stream) => {
    const { count, maps, height, width } = sizesOf(batch, 'randomCrop');
    const [tall, wide] = pairOf(size ?? [height, width]);
    const [down, right] = [height + 2 * pad - tall, width + 2 * pad - wide];
    if (down < 0 || right < 0) {
      throw new ValueError('randomCrop cuts out more than there is', {
        path: 'randomCrop',
        expected: `at most ${height + 2 * pad} by ${width + 2 * pad}`,
        received: `${tall} by ${wide}`,
      });
    }
    const data = new Float32Array(count * maps * tall * wide);
    for (let i = 0; i < count; i++) {
      const [top, left] = [stream.integer(down + 1) - pad, stream.integer(right + 1) - pad];
      const [from, to] = [Math.max(0, left), Math.min(width, left + wide)];
      for (let map = i * maps; map < (i + 1) * maps; map++) {
        for (let y = Math.max(0, -top); y < Math.min(tall, height - top); y++) {
          const row = (map * height + top + y) * width;
          if (from < to) data.set(batch.data.subarray(row + from, row + to), (map * tall + y) * wide + from - left);
        }
      }
    }
    return { ...batch, data, shape: [count, maps, tall, wide] };
  };
}

const pairOf = (size: Pair): readonly [number, number] => (typeof size === 'number' ? [size, size] : size);
