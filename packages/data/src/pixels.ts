import { DataError, option, optionsOf, ShapeError, Variable, type Given } from '@tessera-nn/core';
import { shapeText, shownValue } from '@tessera-nn/core/internal';

/** Pixels with red, green, blue and opacity from 0 to 255, one after the other: an `ImageData`, or what looks like it. */
export interface Pixels {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What a page can draw: a canvas, an image, a frame of a video. */
type Drawable = Exclude<CanvasImageSource, SVGElement>;

const options = optionsOf('fromPixels', {
  /** 3 for red, green and blue, 4 with opacity, 1 for how bright it looks. Default 3. */
  maps: option.kind<1 | 3 | 4>('1, 3 or 4', (value) => value === 1 || value === 3 || value === 4).or(3),
});
/** What pixels become. */
export type FromPixelsOptions = Given<typeof options>;

/** How bright red, green and blue look, by ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;
const OPAQUE = 255;

/**
 * An image as a Variable `[1, maps, height, width]` in [0, 1]: of an `ImageData` anywhere, in pages also of a canvas, an
 * `ImageBitmap`, an image or the frame that a video shows.
 *
 * @example
 * const image = fromPixels({ data: Uint8ClampedArray.of(255, 0, 0, 255), width: 1, height: 1 });
 * await image.array(); // [[[[1]], [[0]], [[0]]]]
 * @throws DataError for what has no pixels, or not as many as its size says.
 */
export function fromPixels(image: Pixels | Drawable, given: FromPixelsOptions = {}): Variable {
  const { maps } = options.read(given);
  const { data, width, height } = pixelsOf(image);
  const size = width * height;
  const values = new Float32Array(maps * size);
  for (let i = 0; i < size; i++) {
    if (maps === 1) values[i] = LUMA.reduce((sum, part, map) => sum + (part * data[4 * i + map]!) / OPAQUE, 0);
    else for (let map = 0; map < maps; map++) values[map * size + i] = data[4 * i + map]! / OPAQUE;
  }
  return new Variable(values, { shape: [1, maps, height, width] });
}

/**
 * An image as pixels that `putImageData` and `new ImageData(data, width)` take; numbers beyond 0 to 1 are cut off.
 *
 * Shapes: `[1, maps, height, width]` or `[maps, height, width]` of 1, 3 or 4 maps.
 *
 * @throws ShapeError for other shapes; DataError for what is not a Variable.
 */
export async function toPixels(image: Variable): Promise<Pixels & { readonly data: Uint8ClampedArray<ArrayBuffer> }> {
  if (!((image as unknown) instanceof Variable)) {
    throw new DataError('toPixels takes a single image', {
      path: 'toPixels',
      expected: 'a Variable',
      received: shownValue(image),
    });
  }
  const shape = image.rank === 4 && image.shape[0] === 1 ? image.shape.slice(1) : image.shape;
  const [maps, height, width] = shape as [number, number, number];
  if (shape.length !== 3 || ![1, 3, 4].includes(maps)) {
    throw new ShapeError('toPixels takes a single image', {
      path: 'toPixels',
      expected: '[1, maps, height, width] of 1, 3 or 4 maps',
      received: shapeText(image.shape),
    });
  }
  const values = await image.values();
  const size = height * width;
  const data = new Uint8ClampedArray(4 * size).fill(OPAQUE);
  for (let i = 0; i < size; i++) {
    for (let map = 0; map < Math.max(3, maps); map++) {
      data[4 * i + map] = values[(maps === 1 ? 0 : map * size) + i]! * OPAQUE;
    }
  }
  return { data, width, height };
}

function pixelsOf(image: Pixels | Drawable): Pixels {
  const given = image as Partial<Pixels> | null;
  if (typeof given !== 'object' || given === null) throw noPixels(image);
  if (!ArrayBuffer.isView(given.data)) return drawn(image as Drawable);
  const { data, width, height } = given as Pixels;
  if (data.length === 4 * width * height && width > 0 && height > 0) return { data, width, height };
  throw new DataError('fromPixels: there are not as many pixels as the size says', {
    path: 'fromPixels',
    expected: `4 values for each of ${width} by ${height}`,
    received: String(data.length),
  });
}

/** The pixels of something that has to be drawn to be read. */
function drawn(image: Drawable): Pixels {
  const video = image as Partial<HTMLVideoElement>;
  const picture = image as Partial<HTMLImageElement>;
  const frame = image as Partial<VideoFrame>;
  const plain = image as { width?: unknown; height?: unknown };
  const [width, height] = [
    video.videoWidth ?? picture.naturalWidth ?? frame.displayWidth ?? plain.width,
    video.videoHeight ?? picture.naturalHeight ?? frame.displayHeight ?? plain.height,
  ] as [number, number];
  if (typeof OffscreenCanvas === 'undefined' || !(width > 0 && height > 0)) throw noPixels(image);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, width, height);
}

function noPixels(image: unknown): DataError {
  return new DataError('fromPixels: this has no pixels', {
    path: 'fromPixels',
    expected: 'an ImageData, or in a page what can be drawn and has loaded',
    received: shownValue(image),
  });
}
