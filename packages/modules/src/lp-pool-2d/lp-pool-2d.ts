import { named, option, optionsOf, where, type Arguments, type Given, type Pair, Variable } from '@tessera-nn/core';
import { sumOver } from '../avg-pool-2d/index.js';
import { imagePooling, Pooling } from '../window/pooling.js';
import type { Pad } from '../window/pad.js';

const options = optionsOf(
  'LpPool2D',
  {
    /** The exponent. Default 2. */
    p: option.numberFrom(1).or(2),
    ...imagePooling.window,
    ...named,
  },
  imagePooling.choices,
);
export type LpPool2DOptions = Given<typeof options>;

/**
 * The norm of each window: y = (sum |x|^p)^(1/p). With p of 1 the sum of sizes, with a large p nearly the largest of them.
 * dx = g sign(x) (|x| / y)^(p-1) for every window that saw the pixel, and 0 where all of the window is 0.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, h, w]`, by the rule of `MaxPool2D`; padding counts as zeros.
 * Source: ONNX' `LpPool`; PyTorch's `LPPool2d`, which leaves the signs out of account for odd p. Stride is 2 unless given.
 *
 * @example
 * new LpPool2D({ p: 2, size: 3, stride: 2 });
 * @throws ShapeError when the input is not a batch of images or smaller than the window; ValueError for a p below 1.
 */
export class LpPool2D extends Pooling {
  static override readonly className = 'LpPool2D';

  readonly p: number;

  constructor(
    ...given: Arguments<[p?: number, size?: Pair, stride?: Pair, pad?: Pad, name?: string], LpPool2DOptions>
  ) {
    const read = options.arguments(given);
    super(read);
    this.p = read.p;
  }

  protected override updateData(data: Variable): Variable {
    const { p } = this;
    const [rows, columns] = this.alongAxes(data.shape);
    const total = sumOver(p === 2 ? data.square() : data.abs().pow(p), rows!, columns!);
    // A root has no derivative at 0: it is taken of something else there.
    const isSome = total.greater(0);
    const [one, zero] = [new Variable([1]), new Variable([0])];
    return where(isSome, where(isSome, total, one).pow(1 / p), zero);
  }

  override extraRepr(): string {
    return `${this.p}, ${this.textWith(options)}`;
  }
}
