import type { CompanionArguments } from '../wasm/companion.js';
import { ranges } from '../wasm/ranges.js';
import type {
  ConvGeometry,
  FilterGradient,
  FilterGradientAttrs,
  Forward,
  InputGradient,
  InputGradientAttrs,
  WindowGeometry,
} from './geometry.js';
import {
  suitsWinograd,
  suitsWinogradFilter,
  winogradCompanion,
  winogradFilterCompanion,
} from './winograd.companion.js';

type Shape = readonly [number, number, number, number];

const BYTES = 4; // of a float32
const ROWS = 6; // of a register tile
const COLUMNS = 8; // of a register tile
const TILE = BYTES * ROWS * COLUMNS;

/** Products worth a part of their own: some microseconds more than handing it to a thread takes. */
const WORTH = 1e6;

const widened = (count: number): number => Math.ceil(count / COLUMNS) * COLUMNS;

/** Whether the images must be padded to have all that the windows see, their size then, and the padding before them. */
function reach(input: Shape, filter: Shape, output: Shape, { strides, pads, dilations }: WindowGeometry) {
  const height = (output[1] - 1) * strides[0] + (filter[0] - 1) * dilations[0] + 1;
  const width = (output[2] - 1) * strides[1] + (filter[1] - 1) * dilations[1] + 1;
  const padded = pads[0] > 0 || pads[2] > 0 || height > input[1] || width > input[2];
  return padded ? [1, height, width, pads[0], pads[2]] : [0, input[1], input[2], 0, 0];
}

/** What a convolution reads of the scratch beside its windows: a padded image, or nothing. */
const paddedBytes = ([padded, height, width]: number[], maps: number): number =>
  padded ? BYTES * height! * width! * maps : 0;

/** Whether each map is convolved by itself, into one. */
const isDepthwise = ([, , mapsOfGroup, outMaps]: Shape, groups: number): boolean =>
  mapsOfGroup === 1 && outMaps === groups;

/** The images in parts that are worth a thread. */
const imageRanges = (output: Shape, depth: number) =>
  ranges(output[0], Math.max(1, Math.round(WORTH / Math.max(1, output[1] * output[2] * output[3] * depth))));

/** Forward: windows of every image, padded where need be, against panels of the filter. */
export function conv2dCompanion(args: CompanionArguments<Forward>, geometry: ConvGeometry): void {
  const {
    functions,
    at,
    inputs,
    outputs: [y],
    outputShapes,
    scratch,
    share,
  } = args;
  const { strides, dilations, groups } = geometry;
  const [input, filter, output] = [inputs.x.shape, inputs.filter.shape, outputShapes[0]] as unknown as [
    Shape,
    Shape,
    Shape,
  ];
  if (suitsWinograd(filter, output, geometry)) {
    const [top, , left] = geometry.pads;
    const parts = { x: at.x, input, filter: at.filter, turned: false, bias: at.bias, y: y!, output, top, left };
    return winogradCompanion(args, parts);
  }
  const [, height, width, maps] = input;
  const [kernelHeight, kernelWidth, mapsOfGroup, outMaps] = filter;
  const image = reach(input, filter, output, geometry);
  const depth = kernelHeight * kernelWidth * mapsOfGroup;
  if (isDepthwise(filter, groups)) {
    share(
      'depthwise',
      imageRanges(output, depth).map((part) => [
        ...[at.x, height, width, maps, ...image, at.filter, at.bias, kernelHeight, kernelWidth],
        ...[...strides, ...dilations, y!, output[1], output[2], ...part],
      ]),
      paddedBytes(image, maps),
    );
    return;
  }
  const panels = scratch(BYTES * depth * widened(outMaps / groups) * groups);
  functions.packFilter(at.filter, depth, outMaps, groups, panels);
  const window = [panels, at.bias, kernelHeight, kernelWidth, ...strides, ...dilations, groups];
  share(
    'convolve',
    imageRanges(output, depth).map((part) => [
      ...[at.x, height, width, maps, ...image, ...window],
      ...[y!, output[1], output[2], outMaps, ...part],
    ]),
    TILE + BYTES * ROWS * depth + paddedBytes(image, maps),
  );
}

/** Input gradient: dy times the filter gives windows of dx, which are added up. */
export function conv2dInputGradientCompanion(
  args: CompanionArguments<InputGradient>,
  { inputShape, ...geometry }: InputGradientAttrs,
): void {
  const {
    functions,
    at,
    inputs,
    outputs: [dx],
    scratch,
    share,
  } = args;
  const { strides, dilations, groups } = geometry;
  const [input, filter, output] = [inputShape, inputs.filter.shape, inputs.dy.shape] as unknown as [
    Shape,
    Shape,
    Shape,
  ];
  if (suitsWinograd(filter, input, geometry)) {
    // Pixel r of the image receives from rows r + top - 2 to r + top of dy.
    const [top, left] = [2 - geometry.pads[0], 2 - geometry.pads[2]];
    const parts = {
      x: at.dy,
      input: output,
      filter: at.filter,
      turned: true,
      bias: 0,
      y: dx!,
      output: input,
      top,
      left,
    };
    return winogradCompanion(args, parts);
  }
  const [, height, width, maps] = input;
  const [kernelHeight, kernelWidth, mapsOfGroup, outMaps] = filter;
  const image = reach(input, filter, output, geometry);
  const depth = kernelHeight * kernelWidth * mapsOfGroup;
  if (isDepthwise(filter, groups)) {
    share(
      'depthwiseInputGradient',
      imageRanges(output, depth).map((part) => [
        ...[dx!, height, width, maps, ...image, at.filter, kernelHeight, kernelWidth],
        ...[...strides, ...dilations, at.dy, output[1], output[2], ...part],
      ]),
      paddedBytes(image, maps),
    );
    return;
  }
  const panels = scratch(BYTES * widened(depth) * outMaps);
  functions.packFilterTransposed(at.filter, depth, outMaps, groups, panels);
  const window = [panels, kernelHeight, kernelWidth, ...strides, ...dilations, groups];
  share(
    'convolveInputGradient',
    imageRanges(output, depth).map((part) => [
      ...[dx!, height, width, maps, ...image, ...window],
      ...[at.dy, output[1], output[2], outMaps, ...part],
    ]),
    TILE + BYTES * ROWS * (outMaps / groups + depth) + paddedBytes(image, maps),
  );
}

/** Filter gradient: each part takes some elements of the window through all images, so that no sum is split. */
export function conv2dFilterGradientCompanion(
  args: CompanionArguments<FilterGradient>,
  { filterShape, ...geometry }: FilterGradientAttrs,
): void {
  const {
    functions,
    at,
    inputs,
    outputs: [dw],
    share,
  } = args;
  const { strides, dilations, groups } = geometry;
  const [input, filter, output] = [inputs.x.shape, filterShape, inputs.dy.shape] as unknown as [Shape, Shape, Shape];
  if (suitsWinogradFilter(filter, output, geometry)) {
    const [top, , left] = geometry.pads;
    return winogradFilterCompanion(args, { x: at.x, input, dy: at.dy, output, top, left, dw: dw! });
  }
  const [batch, height, width, maps] = input;
  const [kernelHeight, kernelWidth, mapsOfGroup, outMaps] = filter;
  const image = reach(input, filter, output, geometry);
  const depth = kernelHeight * kernelWidth * mapsOfGroup;
  if (isDepthwise(filter, groups)) {
    const call = [
      ...[at.x, batch, height, width, maps, ...image, at.dy, output[1], output[2], kernelHeight, kernelWidth],
      ...[...strides, ...dilations, dw!],
    ];
    share('depthwiseFilterGradient', [call], paddedBytes(image, maps));
    return;
  }
  const worth = WORTH / Math.max(1, batch * output[1] * output[2] * outMaps);
  share(
    'convolveFilterGradient',
    ranges(depth, ROWS * Math.max(MIN_TILES, Math.ceil(worth / ROWS))).map((part) => [
      ...[at.x, batch, height, width, maps, ...image, at.dy, output[1], output[2], outMaps],
      ...[kernelWidth, ...strides, ...dilations, groups, dw!, ...part],
    ]),
    functions.filterGradientScratch(outMaps / groups) + paddedBytes(image, maps),
  );
}

/** Rows of tiles in a part of a filter gradient: every part pads the images and packs dy anew. */
const MIN_TILES = 6;
