import { option, optionsOf, randomStream, ValueError, type Given, type RandomStream } from '@tessera-nn/core';
import { ArrayDataset } from './array-dataset.js';
import { digitStyles, type Stroke, type StrokePoint } from './digit-strokes.js';
import { drawLine } from './draw-line.js';
import { strokeOutline } from './stroke-outline.js';

const MIN_SIZE = 8;

const digitsOptions = optionsOf('syntheticDigits', {
  /** How many digits. */
  count: option.count,
  /** Height and width of an image in pixels, at least 8; default 28. */
  size: option.wholeFrom(MIN_SIZE).or(28),
  /** Where all variety is drawn from; default the shared stream, which `seed(n)` starts anew. */
  stream: option.objectWith<RandomStream>('a random stream', 'permutation', 'uniform', 'integer', 'uint32').optional,
  /** Standard deviation of the noise on each pixel, from 0 to 1; default 0.03. */
  noise: option.numberBetween(0, 1).or(0.03),
});
/** What {@link syntheticDigits} makes. */
export type SyntheticDigitsOptions = Given<typeof digitsOptions>;

const CLASSES = 10;
/** What the images may fill: more than MNIST ten times over, and less than most processes may hold. */
const MAX_BYTES = 2 ** 31;

/** MNIST fits its digits into 20 of 28 pixels. */
const SHARE_OF_IMAGE = 20 / 28;
/** How far a point of a stroke strays, as a share of the digit's height. */
const STRAY = 0.035;
/** tan(15 degrees / 2): digits turn by up to 15 degrees either way. */
const MAX_HALF_TURN = 0.1317;
const MAX_SHEAR = 0.2;
const SCALE = [0.75, 1.1] as const;
/** Digits are this much narrower or wider than they are drawn. */
const STRETCH = [0.8, 1.15] as const;
/** As a share of the image. */
const MAX_SHIFT = 0.04;
/** Half the width of the pen, as a share of the image: lines are 2 to 3.7 of 28 pixels wide. */
const PEN_RADIUS = [0.036, 0.066] as const;
/** Width of the fading edge, as a share of the image: 1 to 1.8 of 28 pixels. */
const SOFTNESS = [1 / 28, 1.8 / 28] as const;
/** Brightness of a digit's lines. */
const INK = [0.85, 1] as const;

/**
 * Draws digits that look handwritten, so that nets can be trained and tried without any file.
 *
 * Each is drawn in one of two or three styles with a pen of random width, bent, turned by up to 15 degrees, slanted,
 * scaled, shifted and covered with slight noise. Shapes: data `[count, 1, size, size]` in [0, 1], 0 the paper and 1 the
 * ink; labels 0 to 9 in random order, each as often as the others (give or take one). The same stream gives the same
 * digits, to the bit, on every machine. It draws thousands per second, without yielding.
 *
 * ```ts
 * const [train, test] = syntheticDigits({ count: 7000, stream: new RandomStream(7) }).split(6 / 7);
 * ```
 *
 * @throws ValueError for options that do not fit.
 */
export function syntheticDigits(options: SyntheticDigitsOptions): ArrayDataset {
  const { count, size, stream = randomStream(), noise } = digitsOptions.read(options);
  const most = Math.floor(MAX_BYTES / (size * size * Float32Array.BYTES_PER_ELEMENT));
  if (count > most) {
    throw new ValueError(`${count} digits of ${size} x ${size} pixels do not fit in memory`, {
      expected: `at most ${most}`,
      received: String(count),
      hint: 'Make them in parts, each with the same stream',
    });
  }
  const labels = Int32Array.from(stream.permutation(count), (place) => place % CLASSES);
  const data = new Float32Array(count * size * size);
  const styles = digitStyles();
  labels.forEach((label, i) => {
    const image = data.subarray(i * size * size, (i + 1) * size * size);
    drawDigit(image, size, styles[label]!, stream);
    addNoise(image, stream.uniform(...INK), noise, stream);
  });
  return new ArrayDataset({ data, shape: [count, 1, size, size], labels, checkFinite: false });
}

function drawDigit(image: Float32Array, size: number, styles: readonly Stroke[][], stream: RandomStream): void {
  const style = styles[stream.integer(styles.length)]!;
  const place = randomPlacement(size, stream);
  const pen = { radius: size * stream.uniform(...PEN_RADIUS), softness: size * stream.uniform(...SOFTNESS) };
  for (const stroke of style) {
    const outline = strokeOutline(strayed(stroke, stream).map(place));
    for (let i = 2; i < outline.length; i += 2) {
      drawLine(image, size, [outline[i - 2]!, outline[i - 1]!, outline[i]!, outline[i + 1]!], pen);
    }
  }
}

function strayed(stroke: Stroke, stream: RandomStream): StrokePoint[] {
  return stroke.map(({ x, y, corner }) => ({
    x: x + stream.uniform(-STRAY, STRAY),
    y: y + stream.uniform(-STRAY, STRAY),
    corner,
  }));
}

/** A random affine map from the unit square of the strokes to pixels, around the middle of both. */
function randomPlacement(size: number, stream: RandomStream): (point: StrokePoint) => StrokePoint {
  const height = size * SHARE_OF_IMAGE * stream.uniform(...SCALE);
  const width = height * stream.uniform(...STRETCH);
  const shear = stream.uniform(-MAX_SHEAR, MAX_SHEAR);
  // Sine and cosine from the tangent of the half angle: Math.sin may differ in the last bit from engine to engine.
  const tangent = stream.uniform(-MAX_HALF_TURN, MAX_HALF_TURN);
  const cosine = (1 - tangent * tangent) / (1 + tangent * tangent);
  const sine = (2 * tangent) / (1 + tangent * tangent);
  const middleX = size * (0.5 + stream.uniform(-MAX_SHIFT, MAX_SHIFT));
  const middleY = size * (0.5 + stream.uniform(-MAX_SHIFT, MAX_SHIFT));
  return ({ x, y, corner }) => {
    const up = (y - 0.5) * height;
    const across = (x - 0.5) * width - shear * up;
    return { x: middleX + cosine * across - sine * up, y: middleY + sine * across + cosine * up, corner };
  };
}

/** Scales the image's ink and adds noise of this deviation, within [0, 1]. */
function addNoise(image: Float32Array, ink: number, deviation: number, stream: RandomStream): void {
  for (let i = 0; i < image.length; i++) {
    const value = image[i]! * ink + deviation * nearlyNormal(stream.uint32());
    image[i] = Math.min(1, Math.max(0, value));
  }
}

/** The sum of four random bytes, shifted and scaled to mean 0 and deviation 1: one draw, and no logarithm. */
function nearlyNormal(bits: number): number {
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return (sum - MEAN_OF_FOUR_BYTES) / DEVIATION_OF_FOUR_BYTES;
}
const MEAN_OF_FOUR_BYTES = 4 * (255 / 2);
const DEVIATION_OF_FOUR_BYTES = Math.sqrt((4 * (256 * 256 - 1)) / 12);
