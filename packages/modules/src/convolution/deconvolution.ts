import { ValueError, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { brief, onAxes, placesOf, shownExtent, type Extent } from '../window/window.js';
import { Convolution, type Made, type Printed } from './convolution.js';
import { convolveBack } from './over-space.js';

/** What transposed convolutions share: further places behind the result, and the convolution itself. */
export abstract class Deconvolution extends Convolution {
  readonly postpad: readonly number[];

  /** @throws ValueError for a postpad that is not smaller than the stride. */
  constructor(options: Made & { postpad: Extent }) {
    const { outmaps, groups } = options;
    super(options, (inmaps) => ({ outmaps, groups, filter: [inmaps, outmaps / groups] }));
    const { size, stride, pad } = this.window;
    this.postpad = onAxes(size.length, options.postpad);
    if (this.postpad.some((count, axis) => count >= (pad === 'same' ? 1 : stride[axis]!))) {
      throw new ValueError(`${this.label}: postpad does not fit`, {
        path: this.path,
        expected: pad === 'same' ? '0 where the pad is "same"' : `less than the stride of ${shownExtent(stride)}`,
        received: shownExtent(this.postpad),
      });
    }
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.checkInput(shape);
    const [batch, , ...lengths] = shape;
    const result = [batch!, this.outmaps, ...lengths.map((length, axis) => this.#lengthAfter(length, axis))];
    if (result.some((length) => length <= 0)) {
      throw this.shapeError(`nothing is left of the ${this.space.plural} of ${shapeText(shape)}`, {
        expected: 'a result larger than its pad',
        received: shapeText(result),
        hint: 'Use a smaller pad',
      });
    }
    return result;
  }

  #lengthAfter(length: number, axis: number): number {
    const { size, stride, pad, dilation } = this.window;
    if (pad === 'same') return length * stride[axis]!;
    const [before, behind] = pad[axis]!;
    const reach = dilation[axis]! * (size[axis]! - 1) + 1;
    return (length - 1) * stride[axis]! + reach - before - behind + this.postpad[axis]!;
  }

  protected override updateData(data: Variable): Variable {
    const shape = this.dataShapeFrom(data.shape);
    const axes = placesOf(shape.slice(2), this.window)!;
    return convolveBack(data, this.W, this.b, axes, this.groups, shape);
  }

  protected override textWith(options: Printed): string {
    return super.textWith(options, { postpad: brief(this.postpad), groups: this.shown('groups') });
  }
}
