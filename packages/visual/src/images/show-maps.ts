import { option, optionsOf, ShapeError, type Given, type Variable, type VariableSource } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import type { Picture } from '../picture.js';
import { ramps } from './ramps.js';
import { extent, readImages, type Images } from './read-images.js';
import { pixelOf, squareColumns } from './show-image-batch.js';
import { rampColour, tiledPicture } from './tiles.js';

const scaled = {
  /** What the strongest colours are: the extremes of `all` of them, or of `each` alone. */
  scale: option.oneOf('all', 'each'),
  /** What stands above. Default: how many there are, of which size. */
  title: option.text.optional,
};

const filterOptions = optionsOf('showFilters', { ...scaled, scale: scaled.scale.or('all') });
export type ShowFiltersOptions = Given<typeof filterOptions>;

/**
 * The filters of a convolution: one row for each map that comes out, one column for each that goes in; where only one goes
 * in, all in a square. Zero is white, what is below it blue, what is above orange.
 *
 * Shapes: `[outmaps, inmaps, height, width]`. Source: PuzzleLib's `showFilters`.
 *
 * @example
 * import { showFilters } from '@tessera-nn/visual';
 * const picture = await showFilters(new Conv2D(1, 8, 3).getVar('W'));
 * @throws ShapeError for another shape; ValueError for none.
 */
export async function showFilters(
  filters: Variable | VariableSource,
  given: ShowFiltersOptions = {},
): Promise<Picture> {
  const { scale, title } = filterOptions.read(given);
  const images = await readImages(filters, 'showFilters', '[outmaps, inmaps, height, width]');
  const [outmaps, inmaps, height, width] = images.shape;
  const limits = limitsOf(images, scale, inmaps).map(([low, high]) => Math.max(-low, high));
  return tiledPicture(
    {
      count: outmaps * inmaps,
      columns: inmaps === 1 ? squareColumns(outmaps) : inmaps,
      width,
      height,
      colourAt: (tile, x, y) => {
        const most = limits[tile % limits.length]!;
        return rampColour(ramps.signed, images.values[(tile * height + y) * width + x]!, -most, most);
      },
    },
    {
      title: title ?? `${outmaps} × ${inmaps} filters of ${height} × ${width}`,
      scale: scale === 'all' ? { ramp: ramps.signed, low: -limits[0]!, high: limits[0]! } : undefined,
    },
  );
}

const mapOptions = optionsOf('showFeatureMaps', { ...scaled, scale: scaled.scale.or('each') });
export type ShowFeatureMapsOptions = Given<typeof mapOptions>;

/**
 * What the maps of a layer hold, brighter where there is more: one row for each image; the maps of a single one in a square.
 *
 * Shapes: `[batch, maps, height, width]`.
 *
 * @example
 * import { showFeatureMaps } from '@tessera-nn/visual';
 * const picture = await showFeatureMaps(new Conv2D(1, 8, 3).forward(images));
 * @throws ShapeError for another shape; ValueError for none.
 */
export async function showFeatureMaps(
  data: Variable | VariableSource,
  given: ShowFeatureMapsOptions = {},
): Promise<Picture> {
  const { scale, title } = mapOptions.read(given);
  const images = await readImages(data, 'showFeatureMaps', '[batch, maps, height, width]');
  const [batch, maps, height, width] = images.shape;
  const limits = limitsOf(images, scale, maps);
  const of = batch === 1 ? '' : ` of ${batch} images`;
  return tiledPicture(
    {
      count: batch * maps,
      columns: batch === 1 ? squareColumns(maps) : maps,
      width,
      height,
      colourAt: (tile, x, y) =>
        rampColour(ramps.heat, images.values[(tile * height + y) * width + x]!, ...limits[tile % limits.length]!),
    },
    {
      title: title ?? `${maps} maps${of}, ${height} × ${width}`,
      scale: scale === 'all' ? { ramp: ramps.heat, low: limits[0]![0], high: limits[0]![1] } : undefined,
    },
  );
}

const imageFilterOptions = optionsOf('showImageBasedFilters', {
  /** How many are in a row. Default 16, as in PuzzleLib. */
  columns: option.count.or(16),
  title: scaled.title,
});
export type ShowImageBasedFiltersOptions = Given<typeof imageFilterOptions>;

/**
 * The filters of a convolution of colour images as such images, each from its least number to its greatest.
 *
 * Shapes: `[outmaps, 3, height, width]`, or 1 map for gray ones. Source: PuzzleLib's `showImageBasedFilters`.
 *
 * @example
 * import { showImageBasedFilters } from '@tessera-nn/visual';
 * const picture = await showImageBasedFilters(new Conv2D(3, 8, 5).getVar('W'));
 * @throws ShapeError for another shape or other maps; ValueError for none.
 */
export async function showImageBasedFilters(
  filters: Variable | VariableSource,
  given: ShowImageBasedFiltersOptions = {},
): Promise<Picture> {
  const { columns, title } = imageFilterOptions.read(given);
  const images = await readImages(filters, 'showImageBasedFilters', '[outmaps, 3, height, width]');
  const [count, maps, height, width] = images.shape;
  if (maps !== 1 && maps !== 3) {
    throw new ShapeError('showImageBasedFilters takes filters of colour images', {
      path: 'showImageBasedFilters',
      expected: '3 maps that go in, or 1',
      received: shapeText(images.shape),
      hint: 'showFilters shows every map alone',
    });
  }
  const size = maps * height * width;
  const limits = Array.from({ length: count }, (_, i) => extent(images.values, i * size, (i + 1) * size));
  return tiledPicture(
    {
      count,
      columns: Math.min(columns, count),
      width,
      height,
      colourAt: (tile, x, y) => pixelOf(images, tile, x, y, (i) => limits[i]!),
    },
    { title: title ?? `${count} filters of ${height} × ${width}` },
  );
}

/** The extremes of all images, or of each map of each. */
function limitsOf({ values, shape: [count, , height, width] }: Images, scale: 'all' | 'each', maps: number) {
  if (scale === 'all') return [extent(values)];
  const size = height * width;
  return Array.from({ length: count * maps }, (_, i) => extent(values, i * size, (i + 1) * size));
}
