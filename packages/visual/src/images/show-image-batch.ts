import { option, optionsOf, ShapeError, type Given, type Variable, type VariableSource } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import type { Picture } from '../picture.js';
import { NOT_A_NUMBER, ramps, type Colour } from './ramps.js';
import { extent, readImages, type Images } from './read-images.js';
import { rampColour, tiledPicture } from './tiles.js';

/** Colours of an image: gray, or red, green and blue with or without opacity. */
const MAPS = [1, 3, 4];
const WHOLE_BYTE = 255;

const options = optionsOf('showImageBatch', {
  /** How many images are in a row. Default: as many as make the grid about square. */
  columns: option.count.optional,
  /** What stands below each. */
  captions: option.listOf(option.text, 'strings').optional,
  /** The numbers that are black and white. Default: 0 and 1, or the least and the greatest where some lie beyond. */
  range: option.listOf(option.number, 'two numbers', 2).optional,
  /** What stands above. Default: how many there are, of which size. */
  title: option.text.optional,
});
export type ShowImageBatchOptions = Given<typeof options>;

/**
 * The images of a batch in a grid.
 *
 * Shapes: `[batch, maps, height, width]` of 1, 3 or 4 maps; of four the last, opacity, is not shown. Source: PuzzleLib's
 * `showImageBatch`.
 *
 * @example
 * import { showImageBatch } from '@tessera-nn/visual';
 * const picture = await showImageBatch(images, { captions: Array.from(labels, String) });
 * @throws ShapeError for another shape; ValueError for a batch of none.
 */
export async function showImageBatch(
  batch: Variable | VariableSource,
  given: ShowImageBatchOptions = {},
): Promise<Picture> {
  const { columns, captions, range, title } = options.read(given);
  const images = await readImages(batch, 'showImageBatch', '[batch, maps, height, width]');
  const [count, maps, height, width] = images.shape;
  if (!MAPS.includes(maps)) {
    throw new ShapeError('showImageBatch takes gray images or those of red, green and blue', {
      path: 'showImageBatch',
      expected: '1, 3 or 4 maps',
      received: shapeText(images.shape),
      hint: 'showFeatureMaps shows every map alone',
    });
  }
  const [low, high] = range ?? shownRange(images);
  return tiledPicture(
    {
      count,
      columns: Math.min(columns ?? squareColumns(count), count),
      width,
      height,
      colourAt: (tile, x, y) => pixelOf(images, tile, x, y, () => [low!, high!]),
    },
    { title: title ?? `${count} ${count === 1 ? 'image' : 'images'} of ${height} × ${width}`, captions },
  );
}

export const squareColumns = (count: number): number => Math.ceil(Math.sqrt(count));

function shownRange({ values }: Images): [number, number] {
  const [low, high] = extent(values);
  return low < 0 || high > 1 ? [low, high] : [0, 1];
}

/** A pixel of an image of one, three or more maps, by the numbers that are black and white in it. */
export function pixelOf(
  { values, shape: [, maps, height, width] }: Images,
  tile: number,
  x: number,
  y: number,
  rangeOf: (tile: number) => readonly [low: number, high: number],
): Colour {
  const [low, high] = rangeOf(tile);
  const at = (map: number) => values[((tile * maps + map) * height + y) * width + x]!;
  if (maps < 3) return rampColour(ramps.gray, at(0), low, high);
  const parts = [0, 1, 2].map((map) => WHOLE_BYTE * share(at(map), low, high));
  return parts.some(Number.isNaN) ? NOT_A_NUMBER : (parts as unknown as Colour);
}

const share = (value: number, low: number, high: number) =>
  high > low ? Math.min(Math.max((value - low) / (high - low), 0), 1) : value * 0 + 0.5;
