import {
  initialise,
  initscheme,
  named,
  option,
  parameter,
  ValueError,
  type InitScheme,
  type Option,
  type Options,
  type Values,
  type Variable,
} from '@tessera-nn/core';
import { shapeText, sizeOf } from '@tessera-nn/core/internal';
import { padOption } from '../window/pad.js';
import { Spatial } from '../window/spatial.js';
import { brief, briefPad, placesOf, shownExtent, windowOf, type Window, type WindowMade } from '../window/window.js';
import { convolve } from './over-space.js';

/** Options that all convolutions have, to be spread into their declarations, by how a space has numbers and padding. */
export const convolutionOver = <Extent, Padding>(
  extentFrom: (least: number) => Option<Extent>,
  pad: Option<Padding>,
) => ({
  /** Default 1. */
  stride: extentFrom(1).or(1 as Extent & number),
  /** Zeros around it: on all sides, for each axis, for each side, `same` or `valid`. Default 0. */
  pad: pad.or(0 as Padding & number),
  /** Distance between the filter's taps. Default 1. */
  dilation: extentFrom(1).or(1 as Extent & number),
  /** Spread of the schemes `gaussian` and `uniform`. Default 1. */
  wscale: option.number.or(1),
  /** Default true. */
  useBias: option.flag.or(true),
  /** Default `xavier_uniform`, scaled by inmaps / groups times the filter's area. */
  initscheme: initscheme.or(null),
});

/** Those of convolutions of images. */
export const convolutionOptions = convolutionOver(option.pairFrom, padOption);

/** How the options of a convolution from some maps to others begin, to be spread into its declaration, */
export const openingOver = <Extent, Padding>(
  extentFrom: (least: number) => Option<Extent>,
  padding: Option<Padding>,
) => {
  const { stride, pad, dilation } = convolutionOver(extentFrom, padding);
  /** Lengths of the filter along the axes. */
  const size = extentFrom(1);
  /** Default: those of the first input. */
  const inmaps = option.count.optional;
  return { inmaps, outmaps: option.count, size, stride, pad, dilation };
};
/** and how they end. */
export const closingOptions = {
  wscale: convolutionOptions.wscale,
  useBias: convolutionOptions.useBias,
  ...named,
  initscheme: convolutionOptions.initscheme,
  /** Into how many parts the maps are split; both counts of maps are multiples of it. Default 1. */
  groups: option.count.or(1),
};

export type Opening<Extent, Padding> = [
  ...[inmaps: number, outmaps: number, size: Extent, stride?: Extent, pad?: Padding, dilation?: Extent],
];
export type Closing = [wscale?: number, useBias?: boolean, name?: string, initscheme?: InitScheme, groups?: number];

/** What makes a convolution. */
export type Made = WindowMade &
  Pick<
    Values<Options<ReturnType<typeof openingOver> & typeof closingOptions>>,
    'inmaps' | 'outmaps' | keyof typeof closingOptions
  >;

/** Options as they are printed. */
export type Printed = Pick<Options<ReturnType<typeof convolutionOver>>, 'changes'>;

/** What follows from the count of maps that come in. */
export interface Counts {
  outmaps: number;
  groups: number;
  /** The first two axes of W. */
  filter: readonly [number, number];
}

/** What convolutions share: the window, the parameters, what they ask of their input, and the convolution itself. */
export abstract class Convolution extends Spatial {
  readonly inmaps!: number;
  readonly outmaps!: number;
  readonly window: Window;
  readonly useBias: boolean;
  readonly groups!: number;
  W!: Variable;
  b!: Variable | null;

  /** @throws ValueError for maps that cannot be split into the groups, once it is known how many come in. */
  constructor(
    options: Omit<Made, 'outmaps' | 'groups'>,
    counts: (inmaps: number) => Counts,
    { blueprint = options, option = 'inmaps' }: { blueprint?: object; option?: string } = {},
  ) {
    super(options, blueprint);
    const { wscale, initscheme: scheme, useBias } = options;
    [this.window, this.useBias] = [windowOf(this.space.axes.length, options), useBias];
    const { size } = this.window;
    this.sized<Convolution>({
      name: 'inmaps',
      option,
      given: options.inmaps,
      of: (shape) => shape[1],
      makes: {
        outmaps: (inmaps) => counts(inmaps).outmaps,
        groups: (inmaps) => counts(inmaps).groups,
        W: (inmaps) => {
          const { outmaps, groups, filter } = counts(inmaps);
          this.#checkGroups(inmaps, outmaps, groups);
          const [shape, area] = [[...filter, ...size], sizeOf(size)];
          const values = initialise(shape, { scheme, wscale }, { in: (inmaps / groups) * area, out: outmaps * area });
          return parameter(values, { shape, name: 'W', wc: 1 });
        },
        b: (inmaps) => (useBias ? parameter(new Float32Array(counts(inmaps).outmaps), { name: 'b' }) : null),
      },
    });
  }

  #checkGroups(inmaps: number, outmaps: number, groups: number): void {
    if (inmaps % groups === 0 && outmaps % groups === 0) return;
    throw new ValueError(`${this.label}: the maps cannot be split into ${groups} groups`, {
      path: this.path,
      expected: `multiples of ${groups}`,
      received: `${inmaps} maps in, ${outmaps} out`,
    });
  }

  /** @throws ShapeError for another rank, or other maps than W was built for. */
  protected checkInput(shape: readonly number[]): void {
    this.checkSpace(shape, this.inmaps);
    if (shape[1] === this.inmaps) return;
    const shown = shapeText(shape);
    throw this.shapeError(`input ${shown} has ${shape[1]} maps on axis 1, W was built for ${this.inmaps}`, {
      expected: this.shapeOf(this.inmaps),
      received: shown,
      hint:
        shape.at(-1) === this.inmaps
          ? `The maps seem to be the last axis: transpose to ${this.shapeOf()}`
          : `Use inmaps ${shape[1]}`,
    });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.checkInput(shape);
    const fit = placesOf(shape.slice(2), this.window);
    if (!fit) {
      const { plural } = this.space;
      const [size, dilation] = [this.window.size, this.window.dilation].map(shownExtent);
      throw this.shapeError(`the filter is larger than the padded ${plural} of ${shapeText(shape)}`, {
        expected: `${plural} that hold a filter of ${size} with dilation ${dilation}`,
        received: shapeText(shape),
        hint: 'Use a larger pad, or fewer poolings before it',
      });
    }
    return [shape[0]!, this.outmaps, ...fit.map(({ places }) => places)];
  }

  protected override updateData(data: Variable): Variable {
    const axes = placesOf(data.shape.slice(2), this.window)!;
    return convolve(data, this.W, this.b, axes, this.groups);
  }

  /** How it is printed: its maps, its window, and what is not the preset. */
  protected textWith(
    options: Printed,
    more: object = { groups: this.shown('groups') },
    maps = `${this.shown('inmaps')}, ${this.shown('outmaps')}`,
  ): string {
    const { size, stride, pad, dilation } = this.window;
    const changes = { pad: briefPad(pad), dilation: brief(dilation), ...more, useBias: this.useBias };
    return [maps, `size=${shownExtent(size)}`, `stride=${shownExtent(stride)}`, ...options.changes(changes)].join(', ');
  }
}
