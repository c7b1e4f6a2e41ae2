import {
  initialise,
  initscheme,
  Module,
  named,
  option,
  optionsOf,
  parameter,
  ValueError,
  type Given,
  type InitScheme,
  type Pair,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { brief, briefPad, padOption, placesOf, shownPair, windowOf, type Pad, type Window } from '../window/window.js';
import { conv2d } from './conv-2d.op.js';

const options = optionsOf('Conv2D', {
  inmaps: option.count,
  outmaps: option.count,
  /** Height and width of the filter. */
  size: option.pairFrom(1),
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
  ...named,
  /** Default `xavier_uniform`, scaled by inmaps / groups times the filter's area. */
  initscheme: initscheme.or(null),
  /** Into how many parts the maps are split; both counts of maps are multiples of it. Default 1. */
  groups: option.count.or(1),
});
export type Conv2DOptions = Given<typeof options>;

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in this field).
 *
 * y[n, o, i, j] = b[o] + sum over c, k, l of x[n, c, i s + k d - p, j s + l d - p] W[o, c, k, l].
 * dx spreads g back through W; dW correlates x with g; db sums g over batch and places. Initially W by `initscheme`,
 * b zeros. Only W decays under weight decay.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]` with h = floor((height + 2 pad - dilation (size - 1)
 * - 1) / stride) + 1, or ceil(height / stride) for the pad `same`. W is `[outmaps, inmaps / groups, ...size]`, b is `[outmaps]` (PuzzleLib: `[1, outmaps, 1, 1]`).
 * Source: PuzzleLib's `Conv2D`.
 *
 * @example
 * new Conv2D(1, 16, 3);
 * new Conv2D({ inmaps: 16, outmaps: 32, size: 3, pad: 1, useBias: false });
 * @throws ShapeError when rank or maps of the input are others, or the filter is larger than the padded image;
 *   ValueError for counts that do not fit.
 */
export class Conv2D extends Module {
  static override readonly className = 'Conv2D';

  readonly inmaps: number;
  readonly outmaps: number;
  readonly window: Window;
  readonly groups: number;
  W: Variable;
  b: Variable | null;

  constructor(
    inmaps: number,
    outmaps: number,
    size: Pair,
    stride?: Pair,
    pad?: Pad,
    dilation?: Pair,
    wscale?: number,
    useBias?: boolean,
    name?: string,
    initscheme?: InitScheme,
    groups?: number,
  );
  constructor(options: Conv2DOptions);
  constructor(...given: unknown[]) {
    const read = options.arguments(given);
    super(read, read);
    const { inmaps, outmaps, groups, wscale, initscheme: scheme } = read;
    if (inmaps % groups !== 0 || outmaps % groups !== 0) {
      throw new ValueError(`${this.label}: the maps cannot be split into ${groups} groups`, {
        path: this.path,
        expected: `multiples of ${groups}`,
        received: `${inmaps} maps in, ${outmaps} out`,
      });
    }
    [this.inmaps, this.outmaps, this.groups] = [inmaps, outmaps, groups];
    this.window = windowOf(read);
    const shape = [outmaps, inmaps / groups, ...this.window.size];
    this.W = parameter(initialise(shape, { scheme, wscale }), { shape, name: 'W', wc: 1 });
    this.b = read.useBias ? parameter(new Float32Array(outmaps), { name: 'b' }) : null;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
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
    const fit = placesOf(shape, this.window);
    if (!fit) {
      throw this.shapeError(`the filter is larger than the padded images of ${shown}`, {
        expected: `images that hold a filter of ${shownPair(this.window.size)} with dilation ${shownPair(this.window.dilation)}`,
        received: shown,
        hint: 'Use a larger pad, or fewer poolings before it',
      });
    }
    return [shape[0]!, this.outmaps, ...fit.places];
  }

  protected override updateData(data: Variable): Variable {
    const { strides, pads, dilations } = placesOf(data.shape, this.window)!;
    return conv2d(data, this.W, this.b, { strides, pads, dilations, groups: this.groups });
  }

  override extraRepr(): string {
    const { size, stride, pad, dilation } = this.window;
    return [
      `${this.inmaps}, ${this.outmaps}, size=${shownPair(size)}, stride=${shownPair(stride)}`,
      ...options.changes({
        pad: briefPad(pad),
        dilation: brief(dilation),
        groups: this.groups,
        useBias: this.b !== null,
      }),
    ].join(', ');
  }
}
