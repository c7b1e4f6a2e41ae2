import {
  initialise,
  initscheme,
  Module,
  named,
  option,
  parameter,
  ValueError,
  type InitScheme,
  type Options,
  type Pair,
  type Values,
  type Variable,
} from '@tessera-nn/core';
import { shapeText, sizeOf } from '@tessera-nn/core/internal';
import { padOption, type Pad } from '../window/pad.js';
import { brief, briefPad, placesOf, shownPair, windowOf, type Window } from '../window/window.js';
import { conv2d } from './convolution.op.js';

/** Options that all convolutions have, to be spread into their declarations. */
export const convolutionOptions = {
  /** Default 1. */
  stride: option.pairFrom(1).or(1),
  /** Zeros around the image: on all sides, [vertical, horizontal], [[top, bottom], [left, right]], `same` or `valid`. Default 0. */
  pad: padOption.or(0),
  /** Distance between the filter's taps. Default 1. */
  dilation: option.pairFrom(1).or(1),
  /** Spread of the schemes `gaussian` and `uniform`. Default 1. */
  wscale: option.number.or(1),
  /** Default true. */
  useBias: option.flag.or(true),
  /** Default `xavier_uniform`, scaled by inmaps / groups times the filter's area. */
  initscheme: initscheme.or(null),
};

const { stride, pad, dilation, ...parameters } = convolutionOptions;

/** How the options of a convolution from some maps to others begin, to be spread into its declaration, */
export const openingOptions = {
  inmaps: option.count,
  outmaps: option.count,
  /** Height and width of the filter. */
  size: option.pairFrom(1),
  ...{ stride, pad, dilation },
};
/** and how they end. */
export const closingOptions = {
  wscale: parameters.wscale,
  useBias: parameters.useBias,
  ...named,
  initscheme: parameters.initscheme,
  /** Into how many parts the maps are split; both counts of maps are multiples of it. Default 1. */
  groups: option.count.or(1),
};

export type Opening = [inmaps: number, outmaps: number, size: Pair, stride?: Pair, pad?: Pad, dilation?: Pair];
export type Closing = [wscale?: number, useBias?: boolean, name?: string, initscheme?: InitScheme, groups?: number];

/** What makes a convolution. */
type Made = Values<Options<typeof openingOptions & typeof closingOptions>>;

/** What convolutions share: the window, the parameters, what they ask of their input, and the convolution itself. */
export abstract class Convolution extends Module {
  readonly inmaps: number;
  readonly outmaps: number;
  readonly window: Window;
  readonly groups: number;
  W: Variable;
  b: Variable | null;

  /** @param filterMaps the first two axes of W. @throws ValueError for maps that cannot be split into the groups. */
  constructor(options: Made, filterMaps: readonly [number, number], blueprint: object = options) {
    super(options, blueprint);
    const { inmaps, outmaps, groups, wscale, initscheme: scheme } = options;
    if (inmaps % groups !== 0 || outmaps % groups !== 0) {
      throw new ValueError(`${this.label}: the maps cannot be split into ${groups} groups`, {
        path: this.path,
        expected: `multiples of ${groups}`,
        received: `${inmaps} maps in, ${outmaps} out`,
      });
    }
    [this.inmaps, this.outmaps, this.groups] = [inmaps, outmaps, groups];
    this.window = windowOf(options);
    const area = sizeOf(this.window.size);
    const shape = [...filterMaps, ...this.window.size];
    const values = initialise(shape, { scheme, wscale }, { in: (inmaps / groups) * area, out: outmaps * area });
    this.W = parameter(values, { shape, name: 'W', wc: 1 });
    this.b = options.useBias ? parameter(new Float32Array(outmaps), { name: 'b' }) : null;
  }

  /** @throws ShapeError for what is not a batch of images with the maps that W was built for. */
  protected checkImages(shape: readonly number[]): void {
    const shown = shapeText(shape);
    if (shape.length !== 4) {
      throw this.shapeError(`input ${shown} is not a batch of images`, {
        expected: `[batch, ${this.inmaps}, height, width]`,
        received: shown,
        hint: shape.length === 3 ? 'Add the batch axis in front, or the axis of maps behind it' : '',
      });
    }
    if (shape[1] !== this.inmaps) {
      throw this.shapeError(`input ${shown} has ${shape[1]} maps on axis 1, W was built for ${this.inmaps}`, {
        expected: `[batch, ${this.inmaps}, height, width]`,
        received: shown,
        hint:
          shape[3] === this.inmaps
            ? 'The maps seem to be the last axis: transpose to [batch, maps, height, width]'
            : `Use inmaps ${shape[1]}`,
      });
    }
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.checkImages(shape);
    const fit = placesOf(shape, this.window);
    if (!fit) {
      throw this.shapeError(`the filter is larger than the padded images of ${shapeText(shape)}`, {
        expected: `images that hold a filter of ${shownPair(this.window.size)} with dilation ${shownPair(this.window.dilation)}`,
        received: shapeText(shape),
        hint: 'Use a larger pad, or fewer poolings before it',
      });
    }
    return [shape[0]!, this.outmaps, ...fit.places];
  }

  protected override updateData(data: Variable): Variable {
    const { strides, pads, dilations } = placesOf(data.shape, this.window)!;
    return conv2d(data, this.W, this.b, { strides, pads, dilations, groups: this.groups });
  }

  /** The window as it is printed: its size, its stride, and what is not the preset. */
  protected windowText(options: Pick<Options<typeof convolutionOptions>, 'changes'>, more: object = {}): string[] {
    const { size, stride, pad, dilation } = this.window;
    return [
      `size=${shownPair(size)}, stride=${shownPair(stride)}`,
      ...options.changes({ pad: briefPad(pad), dilation: brief(dilation), ...more, useBias: this.b !== null }),
    ];
  }
}
