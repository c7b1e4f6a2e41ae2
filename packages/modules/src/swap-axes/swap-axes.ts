import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { OfAxes } from '../transpose/index.js';

const options = optionsOf('SwapAxes', {
  /** One axis, the batch being 0; counted from the end where it is negative. */
  axis1: option.whole,
  /** The other. */
  axis2: option.whole,
  ...named,
});
export type SwapAxesOptions = Given<typeof options>;

/**
 * Two axes in each other's place; the gradient goes back the same way.
 *
 * Shapes: any with both axes to the same with their sizes swapped. Source: PuzzleLib's `SwapAxes`.
 *
 * @example
 * new SwapAxes(1, 2);
 * @throws ShapeError when the input has no such axes.
 */
export class SwapAxes extends OfAxes {
  static override readonly className = 'SwapAxes';

  protected override readonly named: readonly [number, number];

  constructor(...given: Arguments<[axis1: number, axis2: number, name?: string], SwapAxesOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.named = [read.axis1, read.axis2];
  }

  protected override order(first: number, second: number, rank: number): number[] {
    return Array.from({ length: rank }, (_, axis) => (axis === first ? second : axis === second ? first : axis));
  }
}
