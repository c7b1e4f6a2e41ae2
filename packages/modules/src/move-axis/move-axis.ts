import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { OfAxes } from '../transpose/index.js';

const options = optionsOf('MoveAxis', {
  /** Which axis, the batch being 0; counted from the end where it is negative. */
  src: option.whole,
  /** Where it comes; the others keep their order. */
  dst: option.whole,
  ...named,
});
export type MoveAxisOptions = Given<typeof options>;

/**
 * One axis in another place, while the others keep their order; the gradient goes back the same way.
 *
 * Shapes: as of `[s0, s1, s2]` with `src` 0 and `dst` 2 to `[s1, s2, s0]`. Source: PuzzleLib's `MoveAxis`; `numpy.moveaxis`.
 *
 * @example
 * new MoveAxis(-1, 1); // images with the maps last
 * @throws ShapeError when the input has no such axes.
 */
export class MoveAxis extends OfAxes {
  static override readonly className = 'MoveAxis';

  protected override readonly named: readonly [number, number];

  constructor(...given: Arguments<[src: number, dst: number, name?: string], MoveAxisOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.named = [read.src, read.dst];
  }

  protected override order(from: number, to: number, rank: number): number[] {
    const order = Array.from({ length: rank }, (_, axis) => axis);
    order.splice(to, 0, ...order.splice(from, 1));
    return order;
  }
}
