import { named, option, optionsOf, sub, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { Spatial } from '../window/spatial.js';
import { meanAround, oddSize } from './mean-around.js';

const options = optionsOf('SubtractMean', {
  /** Height and width of the window; odd. Default 5. */
  size: oddSize.or(5),
  /** Whether pixels around the image count as zeros; else the mean is over those of the image. Default true. */
  includePad: option.flag.or(true),
  ...named,
});
export type SubtractMeanOptions = Given<typeof options>;

/**
 * Each pixel less the mean of the window around it: what is the same all over goes. dx = g less the mean of g in turn.
 *
 * Shapes: `[batch, maps, height, width]` to the same. Source: PuzzleLib's `SubtractMean`; Jarrett et al. 2009.
 *
 * @example
 * new SubtractMean({ size: 3, includePad: false });
 * @throws ShapeError when the input is not a batch of images; ValueError for a size without a middle.
 */
export class SubtractMean extends Spatial {
  static override readonly className = 'SubtractMean';

  readonly size: number;
  readonly includePad: boolean;

  constructor(...given: Arguments<[size?: number, includePad?: boolean, name?: string], SubtractMeanOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.size, this.includePad] = [read.size, read.includePad];
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...this.checkImages(shape)];
  }

  protected override updateData(data: Variable): Variable {
    return sub(data, meanAround(data, this.size, this.includePad));
  }

  override extraRepr(): string {
    return [`size=${this.size}`, ...options.changes({ includePad: this.includePad })].join(', ');
  }
}
