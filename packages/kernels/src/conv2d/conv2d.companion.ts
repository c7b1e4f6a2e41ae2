import type { CompanionArguments } from '../wasm/companion.js';
import type { FilterGradient, FilterGradientAttrs, Forward, InputGradient, InputGradientAttrs } from './conv2d.js';
import type { WindowGeometry } from './geometry.js';

type Shape = readonly [number, number, number, number];

const BYTES = 4; // of a float32
const COLUMNS = 8; // output maps of a register tile
const OVERHANG = BYTES * COLUMNS; // room for a tile whose maps are not all there

const widened = (maps: number): number => Math.ceil(maps / COLUMNS) * COLUMNS;

/** Rows and columns that the windows reach over, and whether the image must be padded to have them all. */
function reach(input: Shape, filter: Shape, output: Shape, { strides, pads, dilations }: WindowGeometry) {
  const height = (output[1] - 1) * strides[0] + (filter[0] - 1) * dilations[0] + 1;
  const width = (output[2] - 1) * strides[1] + (filter[1] - 1) * dilations[1] + 1;
  const padded = pads[0] > 0 || pads[2] > 0 || height > input[1] || width > input[2];
  return padded ? { padded, height, width } : { padded, height: input[1], width: input[2] };
}

/** Forward: every image, padded where need be, against panels of the filter. */
export function conv2dCompanion(
  { functions, at, inputs, outputs: [y], outputShapes, scratch }: CompanionArguments<Forward>,
  geometry: WindowGeometry,
): void {
  const { strides, pads, dilations } = geometry;
  const [input, filter, output] = [inputs.x.shape, inputs.filter.shape, outputShapes[0]] as unknown as Shape[];
  const [batch, height, width, maps] = input!;
  const [kernelHeight, kernelWidth, , outMaps] = filter!;
  const extent = reach(input!, filter!, output!, geometry);
  const panels = scratch(BYTES * kernelHeight * kernelWidth * maps * widened(outMaps));
  functions.packFilter(at.filter, kernelHeight * kernelWidth, maps, outMaps, false, panels);
  functions.convolve(
    ...[at.x, batch, height, width, maps],
    ...[extent.height, extent.width, pads[0], pads[2], 1, 1],
    ...[panels, at.bias, kernelHeight, kernelWidth, ...strides, ...dilations],
    ...[y!, output![1], output![2], outMaps],
    scratch(OVERHANG),
    extent.padded ? scratch(BYTES * extent.height * extent.width * maps) : 0,
  );
}

/**
 * Input gradient: dy, with zeros between its pixels for strides, convolved with the filter turned half around. Image row
 * r receives from spaced dy rows r + top - i dh, so dy goes in behind (kh - 1) dh - top rows of zeros; negative room
 * means that its first rows fall into the padding and are left out.
 */
export function conv2dInputGradientCompanion(
  { functions, at, inputs, outputs: [dx], scratch }: CompanionArguments<InputGradient>,
  { strides, pads, dilations, inputShape }: InputGradientAttrs,
): void {
  const [batch, outHeight, outWidth, outMaps] = inputs.dy.shape as unknown as Shape;
  const [kernelHeight, kernelWidth, maps] = inputs.filter.shape as unknown as Shape;
  const [, height, width] = inputShape as Shape;
  const spacedHeight = height + (kernelHeight - 1) * dilations[0];
  const spacedWidth = width + (kernelWidth - 1) * dilations[1];
  const top = (kernelHeight - 1) * dilations[0] - pads[0];
  const left = (kernelWidth - 1) * dilations[1] - pads[2];
  const inPlace = top === 0 && left === 0 && spacedHeight === outHeight && spacedWidth === outWidth;
  const panels = scratch(BYTES * kernelHeight * kernelWidth * outMaps * widened(maps));
  functions.packFilter(at.filter, kernelHeight * kernelWidth, maps, outMaps, true, panels);
  functions.convolve(
    ...[at.dy, batch, outHeight, outWidth, outMaps],
    ...[spacedHeight, spacedWidth, top, left, ...strides],
    ...[panels, 0, kernelHeight, kernelWidth, 1, 1, ...dilations],
    ...[dx!, height, width, maps],
    scratch(OVERHANG),
    inPlace && strides[0] === 1 && strides[1] === 1 ? 0 : scratch(BYTES * spacedHeight * spacedWidth * outMaps),
  );
}

/** Filter gradient: sums over the batch in a buffer whose output maps fill whole tiles. */
export function conv2dFilterGradientCompanion(
  { functions, at, inputs, outputs: [dw], scratch }: CompanionArguments<FilterGradient>,
  { filterShape, ...geometry }: FilterGradientAttrs,
): void {
  const { strides, pads, dilations } = geometry;
  const [input, output] = [inputs.x.shape, inputs.dy.shape] as unknown as [Shape, Shape];
  const [batch, height, width, maps] = input;
  const [, outHeight, outWidth, outMaps] = output;
  const [kernelHeight, kernelWidth] = filterShape as Shape;
  const extent = reach(input, filterShape as Shape, output, geometry);
  const wideMaps = widened(outMaps);
  const whole = wideMaps === outMaps;
  const elements = kernelHeight * kernelWidth * maps;
  const sums = whole ? dw! : scratch(BYTES * elements * wideMaps);
  functions.convolveFilterGradient(
    ...[at.x, batch, height, width, maps, extent.height, extent.width, pads[0], pads[2]],
    ...[at.dy, outHeight, outWidth, outMaps],
    ...[kernelHeight, kernelWidth, ...strides, ...dilations],
    sums,
    whole ? 0 : scratch(BYTES * outHeight * outWidth * wideMaps),
    extent.padded ? scratch(BYTES * extent.height * extent.width * maps) : 0,
  );
  if (!whole) functions.narrow(sums, elements, outMaps, wideMaps, dw!);
}
