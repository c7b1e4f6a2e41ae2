import { option, optionsOf, type Given } from '@tessera-nn/core';
import { sizesOf, type Transform } from './transform.js';

const isRange = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] > 0 && value[0] <= value[1];

const options = optionsOf('randomAffine', {
  /** By how many degrees images turn at most, either way. Default 0. */
  degrees: option.numberBetween(0, 180).or(0),
  /** How much smaller or larger they become, [least, most]. Default [1, 1]. */
  scale: option
    .kind<readonly [number, number]>('two numbers above 0, the smaller first', isRange)
    .or([1, 1] as readonly [number, number]),
  /** By which share of their size they move at most. Default 0. */
  translate: option.numberBetween(0, 1).or(0),
});
/** How images turn, grow and move. */
export type RandomAffineOptions = Given<typeof options>;

/**
 * Turns, scales and moves images at random around their middle, each for itself, with linear interpolation; what comes from
 * outside is 0. Source: torchvision's `RandomAffine`.
 */
export function randomAffine(given: RandomAffineOptions = {}): Transform {
  const { degrees, scale, translate } = options.read(given);
  return (batch, stream) => {
    const { count, maps, height, width } = sizesOf(batch, 'randomAffine');
    const data = new Float32Array(batch.data.length);
    for (let i = 0; i < count; i++) {
      const angle = (stream.uniform(-degrees, degrees) * Math.PI) / 180;
      const inverse = 1 / stream.uniform(scale[0], scale[1]);
      const [cosine, sine] = [Math.cos(angle) * inverse, Math.sin(angle) * inverse];
      const [downBy, rightBy] = [height, width].map((size) => size * stream.uniform(-translate, translate));
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [down, right] = [y - (height - 1) / 2 - downBy!, x - (width - 1) / 2 - rightBy!];
          const fromY = cosine * down - sine * right + (height - 1) / 2;
          const fromX = sine * down + cosine * right + (width - 1) / 2;
          for (let map = i * maps; map < (i + 1) * maps; map++) {
            data[(map * height + y) * width + x] = between(
              batch.data,
              map * height * width,
              height,
              width,
              fromY,
              fromX,
            );
          }
        }
      }
    }
    return { ...batch, data };
  };
}

/** The value between four pixels; 0 outside. */
function between(data: Float32Array, first: number, height: number, width: number, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  let sum = 0;
  for (let row = top; row <= top + 1; row++) {
    if (row < 0 || row >= height) continue;
    for (let column = left; column <= left + 1; column++) {
      if (column < 0 || column >= width) continue;
      const share = (1 - Math.abs(y - row)) * (1 - Math.abs(x - column));
      sum += share * data[first + row * width + column]!;
    }
  }
  return sum;
}
