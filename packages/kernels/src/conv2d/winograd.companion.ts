import type { CompanionArguments } from '../wasm/companion.js';
import { ranges } from '../wasm/ranges.js';
import type { ConvGeometry } from './geometry.js';

type Shape = readonly [number, number, number, number];

const BYTES = 4; // of a float32
const [ROWS, COLUMNS] = [6, 8]; // of a register tile
const POINTS = 16; // products of a block of two by two outputs
const WINDOW = 3;
const SIDE = 4; // points in a row, and rows of points

/** Maps and outputs below which the change of basis costs more than it saves. */
const FEW_MAPS = 8;
const FEW_OUTPUTS = 16;

/** Products worth a part of their own: some microseconds more than handing it to a thread takes. */
const WORTH = 5e5;

/** Whether a convolution is done after Winograd: windows of 3 by 3, side by side, and maps enough. */
export function suitsWinograd(filter: Shape, output: Shape, { strides, dilations, groups }: ConvGeometry): boolean {
  const [height, width, maps, outMaps] = filter;
  return (
    height === WINDOW &&
    width === WINDOW &&
    [...strides, ...dilations, groups].every((value) => value === 1) &&
    Math.min(maps, outMaps) >= FEW_MAPS &&
    output[1] * output[2] >= FEW_OUTPUTS
  );
}

/** The addresses and shapes of one convolution. For an input gradient, `x` is dy, `y` is dx, and the filter is turned. */
interface Parts {
  x: number;
  input: Shape;
  filter: number;
  turned: boolean;
  bias: number;
  y: number;
  output: Shape;
  /** Zeros before the first row and column of x; negative where it is cut. */
  top: number;
  left: number;
}

/** Convolves windows of 3 by 3 after Winograd. */
export function winogradCompanion(
  { functions, scratch, share }: Pick<CompanionArguments<never>, 'functions' | 'scratch' | 'share'>,
  { x, input, filter, turned, bias, y, output, top, left }: Parts,
): void {
  const [batch, height, width, maps] = input;
  const [, outHeight, outWidth, outMaps] = output;
  const wide = Math.ceil(outMaps / COLUMNS) * COLUMNS;
  const padded = [2 * Math.ceil(outHeight / 2) + 2, 2 * Math.ceil(outWidth / 2) + 2] as const;
  const panels = scratch(BYTES * POINTS * maps * wide);
  functions.packWinograd(filter, turned ? outMaps : maps, turned ? maps : outMaps, turned, panels);
  const products = outHeight * outWidth * maps * outMaps * 4;
  share(
    'winograd',
    ranges(batch, Math.max(1, Math.round(WORTH / products))).map((part) => [
      ...[x, height, width, maps, ...padded, top, left, panels, bias, y, outHeight, outWidth, outMaps],
      ...part,
    ]),
    BYTES * (ROWS * COLUMNS + ROWS * maps + POINTS * ROWS * (maps + wide) + padded[0] * padded[1] * maps),
  );
}

/** Maps below which a filter gradient is summed as it is: with 16 both take the same time, with 24 this is a fifth faster. */
const FEW_MAPS_OF_FILTER = 24;

/** Whether the filter gradient of a convolution is summed after Winograd. */
export const suitsWinogradFilter = (filter: Shape, output: Shape, geometry: ConvGeometry): boolean =>
  suitsWinograd(filter, output, geometry) && Math.min(filter[2], filter[3]) >= FEW_MAPS_OF_FILTER;

/** Maps of the input in a part of a filter gradient: every part takes dy to the other basis anew. */
const PART = 6 * ROWS;

/** The filter gradient of windows of 3 by 3 after Winograd: a part takes a row of points through all images. */
export function winogradFilterCompanion(
  { functions, scratch, share }: Pick<CompanionArguments<never>, 'functions' | 'scratch' | 'share'>,
  { x, input, dy, output, top, left, dw }: FilterParts,
): void {
  const [batch, height, width, maps] = input;
  const [, outHeight, outWidth, outMaps] = output;
  const sums = scratch(BYTES * POINTS * maps * outMaps);
  share(
    'winogradFilterGradient',
    ranges(SIDE, 1).flatMap(([row]) =>
      ranges(maps, PART).map((part) => [
        ...[x, batch, height, width, maps, top, left, dy, outHeight, outWidth, outMaps, sums, row],
        ...part,
      ]),
    ),
    functions.winogradFilterScratch(Math.min(maps, PART), outMaps),
  );
  functions.winogradFilter(sums, maps * outMaps, dw);
}

interface FilterParts extends Pick<Parts, 'x' | 'input' | 'output' | 'top' | 'left'> {
  dy: number;
  dw: number;
}
