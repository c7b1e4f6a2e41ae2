import { named, option, optionsOf, type Arguments, type Given, type Pair } from '@tessera-nn/core';
import { Convolution, convolutionOptions, type Counts } from '../convolution/convolution.js';
import type { Pad } from '../window/pad.js';

const { stride, pad, ...byName } = convolutionOptions;
const options = optionsOf(
  'DepthwiseConv2D',
  {
    /** Default: those of the first input. */
    maps: option.count.optional,
    /** Height and width of the filters. */
    size: option.pairFrom(1),
    ...{ stride, pad },
    ...named,
  },
  {
    ...byName,
    /** How many maps come of each. Default 1. */
    multiplier: option.count.or(1),
  },
);
export type DepthwiseConv2DOptions = Given<typeof options>;

/**
 * Two-dimensional convolution of each map by filters of its own: `Conv2D` with as many groups as maps.
 *
 * y[n, c m + q, i, j] = b[c m + q] + sum over k, l of x[n, c, i s + k d - p, j s + l d - p] W[c m + q, 0, k, l], for
 * q < m = `multiplier`. The cheap half of MobileNet's blocks; the other half is a `Conv2D` of size 1.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps multiplier, h, w]`, as for `Conv2D`. W is
 * `[maps multiplier, 1, ...size]`, b is `[maps multiplier]`. Source: Keras' `DepthwiseConv2D`.
 *
 * @example
 * new DepthwiseConv2D({ maps: 16, size: 3, pad: 'same' });
 * @throws ShapeError when rank or maps of the input are others, or the filter is larger than the padded image.
 */
export class DepthwiseConv2D extends Convolution {
  static override readonly className = 'DepthwiseConv2D';

  readonly multiplier: number;

  constructor(
    ...given: Arguments<[maps: number, size: Pair, stride?: Pair, pad?: Pad, name?: string], DepthwiseConv2DOptions>
  ) {
    const read = options.arguments(given);
    const { maps, multiplier } = read;
    const counts = (maps: number): Counts => {
      const outmaps = maps * multiplier;
      return { outmaps, groups: maps, filter: [outmaps, 1] };
    };
    super({ ...read, inmaps: maps }, counts, { blueprint: read, option: 'maps' });
    this.multiplier = multiplier;
  }

  override extraRepr(): string {
    return this.textWith(options, { multiplier: this.multiplier }, `${this.shown('inmaps')}`);
  }
}
