import {
  initialise,
  Module,
  parameter,
  ValueError,
  type InitScheme,
  type ModuleOptions,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import {
  checkCounts,
  pair,
  shownPair,
  windowGeometry,
  windowPositions,
  type Pair,
  type Window,
} from '../window/window.js';
import { conv2d } from './conv-2d.op.js';

export interface Conv2DOptions extends ModuleOptions {
  inmaps: number;
  outmaps: number;
  /** Height and width of the filter. */
  size: Pair;
  /** Default 1. */
  stride?: Pair;
  /** Zeros on both sides of each axis. Default 0. */
  pad?: Pair;
  /** Distance between the filter's taps. Default 1. */
  dilation?: Pair;
  /** Spread of the schemes `gaussian` and `uniform`. Default 1. */
  wscale?: number;
  /** Default true. */
  useBias?: boolean;
  /** Default `xavier_uniform`, scaled by inmaps / groups times the filter's area. */
  initscheme?: InitScheme;
  /** Into how many parts the maps are split; both counts of maps are multiples of it. Default 1. */
  groups?: number;
}

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in this field).
 *
 * y[n, o, i, j] = b[o] + sum over c, k, l of x[n, c, i s + k d - p, j s + l d - p] W[o, c, k, l].
 * dx spreads g back through W; dW correlates x with g; db sums g over batch and places. Initially W by `initscheme`,
 * b zeros. Only W decays under weight decay.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]` with h = floor((height + 2 pad - dilation (size - 1)
 * - 1) / stride) + 1. W is `[outmaps, inmaps / groups, ...size]`, b is `[outmaps]` (PuzzleLib: `[1, outmaps, 1, 1]`).
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
    pad?: Pair,
    dilation?: Pair,
    wscale?: number,
    useBias?: boolean,
    name?: string,
    initscheme?: InitScheme,
    groups?: number,
  );
  constructor(options: Conv2DOptions);
  constructor(
    inmaps: number | Conv2DOptions,
    outmaps = 0,
    size: Pair = 0,
    stride: Pair = 1,
    pad: Pair = 0,
    dilation: Pair = 1,
    wscale = 1,
    useBias = true,
    name?: string,
    initscheme?: InitScheme,
    groups = 1,
  ) {
    const options: Conv2DOptions = {
      ...{ stride, pad, dilation, wscale, useBias, initscheme, groups },
      ...(typeof inmaps === 'object' ? inmaps : { inmaps, outmaps, size, name }),
    };
    const { name: _, ...blueprint } = options;
    super(options, { ...blueprint, initscheme: options.initscheme ?? null });
    this.inmaps = options.inmaps;
    this.outmaps = options.outmaps;
    this.groups = options.groups ?? 1;
    checkCounts(this, { inmaps: this.inmaps, outmaps: this.outmaps, groups: this.groups });
    this.window = {
      size: pair(this, 'size', options.size, 1),
      stride: pair(this, 'stride', options.stride ?? 1, 1),
      pad: pair(this, 'pad', options.pad ?? 0, 0),
      dilation: pair(this, 'dilation', options.dilation ?? 1, 1),
    };
    if (this.inmaps % this.groups !== 0 || this.outmaps % this.groups !== 0) {
      throw new ValueError(`${this.label}: the maps cannot be split into ${this.groups} groups`, {
        path: this.path,
        expected: `multiples of ${this.groups}`,
        received: `${this.inmaps} maps in, ${this.outmaps} out`,
      });
    }
    const shape = [this.outmaps, this.inmaps / this.groups, ...this.window.size];
    const values = initialise(shape, { scheme: options.initscheme, wscale: options.wscale ?? 1 });
    this.W = parameter(values, { shape, name: 'W', wc: 1 });
    this.b = (options.useBias ?? true) ? parameter(new Float32Array(this.outmaps), { name: 'b' }) : null;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const shown = shapeText(shape);
    if (shape.length !== 4) {
      throw this.shapeError(`input ${shown} is no batch of images`, {
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
    const fit = windowPositions(shape, this.window);
    if (!fit) {
      throw this.shapeError(`the filter is larger than the padded images of ${shown}`, {
        expected: `images that hold a filter of ${shownPair(this.window.size)} with dilation ${shownPair(this.window.dilation)}`,
        received: shown,
        hint: 'Use a larger pad, or fewer poolings before it',
      });
    }
    return [shape[0]!, this.outmaps, ...fit];
  }

  protected override updateData(data: Variable): Variable {
    return conv2d(data, this.W, this.b, { ...windowGeometry(this.window), groups: this.groups });
  }

  override extraRepr(): string {
    const { size, stride, pad, dilation } = this.window;
    const parts = [`${this.inmaps}, ${this.outmaps}, size=${shownPair(size)}, stride=${shownPair(stride)}`];
    if (pad.some((n) => n !== 0)) parts.push(`pad=${shownPair(pad)}`);
    if (dilation.some((n) => n !== 1)) parts.push(`dilation=${shownPair(dilation)}`);
    if (this.groups !== 1) parts.push(`groups=${this.groups}`);
    if (!this.b) parts.push('useBias=false');
    return parts.join(', ');
  }
}
