import {
  add,
  option,
  optionsOf,
  reshape,
  ValueError,
  type Arguments,
  type Given,
  type Pair,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { inputGradient } from '../convolution/convolution.op.js';
import { closingOptions, Convolution, openingOptions, type Closing, type Opening } from '../convolution/convolution.js';
import { brief, placesOf, shownPair } from '../window/window.js';

const options = optionsOf('Deconv2D', {
  ...openingOptions,
  /** Further rows at the bottom and columns on the right, fewer than the stride; 0 where the pad is `same`. Default 0. */
  postpad: option.pairFrom(0).or(0),
  ...closingOptions,
});
export type Deconv2DOptions = Given<typeof options>;

/**
 * Transposed two-dimensional convolution: the way back of a `Conv2D` with the same window, for decoders and generators.
 *
 * y[n, o, i s + k d - p, j s + l d - p] sums x[n, c, i, j] W[c, o, k, l] over all c, i, j, k, l that meet there, plus b[o].
 * dx is the convolution of g by W; dW correlates g with x; db sums g over batch and places. Initially W by `initscheme`, b
 * zeros. Only W decays under weight decay.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]` with h = (height - 1) stride + dilation (size - 1) -
 * 2 pad + 1 + postpad, or height stride for the pad `same`. W is `[inmaps, outmaps / groups, ...size]`, b is `[outmaps]`.
 * Source: PuzzleLib's `Deconv2D`; PyTorch's `ConvTranspose2d`, whose `output_padding` is `postpad`.
 *
 * @example
 * new Deconv2D({ inmaps: 16, outmaps: 8, size: 2, stride: 2 }); // twice the height and width
 * @throws ShapeError when rank or maps of the input are others, or nothing is left of the result; ValueError for counts
 *   that do not fit.
 */
export class Deconv2D extends Convolution {
  static override readonly className = 'Deconv2D';

  readonly postpad: readonly [number, number];

  constructor(...given: Arguments<[...Opening, postpad?: Pair, ...Closing], Deconv2DOptions>) {
    const read = options.arguments(given);
    super(read, [read.inmaps, read.outmaps / read.groups]);
    const { postpad } = read;
    this.postpad = typeof postpad === 'number' ? [postpad, postpad] : postpad;
    const { stride, pad } = this.window;
    if (this.postpad.some((count, axis) => count >= (pad === 'same' ? 1 : stride[axis]!))) {
      throw new ValueError(`${this.label}: postpad does not fit`, {
        path: this.path,
        expected: pad === 'same' ? '0 where the pad is "same"' : `less than the stride of ${shownPair(stride)}`,
        received: shownPair(this.postpad),
      });
    }
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.checkImages(shape);
    const result = [shape[0]!, this.outmaps, this.#length(0, shape[2]!), this.#length(1, shape[3]!)];
    if (result.some((length) => length <= 0)) {
      throw this.shapeError(`nothing is left of the images of ${shapeText(shape)}`, {
        expected: 'a result larger than its pad',
        received: shapeText(result),
        hint: 'Use a smaller pad',
      });
    }
    return result;
  }

  #length(axis: 0 | 1, count: number): number {
    const { size, stride, pad, dilation } = this.window;
    if (pad === 'same') return count * stride[axis];
    const reach = dilation[axis] * (size[axis] - 1) + 1;
    return (count - 1) * stride[axis] + reach - pad[axis][0] - pad[axis][1] + this.postpad[axis];
  }

  protected override updateData(data: Variable): Variable {
    const shape = this.dataShapeFrom(data.shape);
    const { strides, pads, dilations } = placesOf(shape, this.window)!;
    const y = inputGradient(data, this.W, shape, { strides, pads, dilations, groups: this.groups });
    return this.b ? add(y, reshape(this.b, [1, this.outmaps, 1, 1])) : y;
  }

  override extraRepr(): string {
    const more = { postpad: brief(this.postpad), groups: this.groups };
    return [`${this.inmaps}, ${this.outmaps}`, ...this.windowText(options, more)].join(', ');
  }
}

/** PyTorch's name of `Deconv2D`. */
export { Deconv2D as ConvTranspose2D };
