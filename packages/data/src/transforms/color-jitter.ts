import { option, optionsOf, type Given } from '@tessera-nn/core';
import { sizesOf, type Transform } from './transform.js';

const share = option.numberBetween(0, 1);
const options = optionsOf('colorJitter', {
  /** By which share images become brighter or darker at most. Default 0. */
  brightness: share.or(0),
  /** By which share they move away from their mean or towards it at most. Default 0. */
  contrast: share.or(0),
  /** By which share colours move away from grey or towards it at most. Default 0. */
  saturation: share.or(0),
});
/** How colours change. */
export type ColorJitterOptions = Given<typeof options>;

/** How bright red, green and blue look, by ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114];

/**
 * Changes brightness, contrast and saturation at random, in this order, each image for itself; values from 0 to 1 stay there.
 * Source: torchvision's `ColorJitter`; saturation is for images of three maps, others keep theirs.
 */
export function colorJitter(given: ColorJitterOptions = {}): Transform {
  const { brightness, contrast, saturation } = options.read(given);
  return (batch, stream) => {
    const { count, maps, height, width } = sizesOf(batch, 'colorJitter');
    const size = height * width;
    const data = batch.data.slice();
    const clamped = (value: number) => Math.min(1, Math.max(0, value));
    for (let i = 0; i < count; i++) {
      const image = data.subarray(i * maps * size, (i + 1) * maps * size);
      const [bright, apart, vivid] = [brightness, contrast, saturation].map((by) => stream.uniform(1 - by, 1 + by));
      const greyOf = (pixel: number) =>
        maps === 3 ? LUMA.reduce((sum, part, map) => sum + part * image[map * size + pixel]!, 0) : image[pixel]!;
      for (const [j, value] of image.entries()) image[j] = clamped(value * bright!);
      let middle = 0;
      for (let pixel = 0; pixel < size; pixel++) middle += greyOf(pixel) / size;
      for (const [j, value] of image.entries()) image[j] = clamped(middle + (value - middle) * apart!);
      if (maps !== 3) continue;
      for (let pixel = 0; pixel < size; pixel++) {
        const grey = greyOf(pixel);
        for (let j = pixel; j < image.length; j += size) image[j] = clamped(grey + (image[j]! - grey) * vivid!);
      }
    }
    return { ...batch, data };
  };
}
