import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { MaxPooling } from '../max-pool-2d/index.js';
import { sequencePad, type SequencePad } from '../window/pad.js';
import { poolingOver } from '../window/pooling.js';
import { SEQUENCES, type Space } from '../window/spatial.js';

const { window, choices } = poolingOver(option.wholeFrom, sequencePad);
const options = optionsOf('MaxPool1D', { ...window, ...named }, choices);
export type MaxPool1DOptions = Given<typeof options>;

/**
 * The largest value of each window over sequences: y = max x. Gradient, padding and NaN as for `MaxPool2D`.
 *
 * Shapes: `[batch, maps, length]` to `[batch, maps, l]`, by the rule of `MaxPool2D`.
 * Source: PuzzleLib's `MaxPool1D`; PyTorch's `MaxPool1d`. Stride is 2 unless given, whatever the size.
 *
 * @example
 * new MaxPool1D({ size: 3, stride: 2, pad: 1 });
 * @throws ShapeError when the input is not a batch of sequences or smaller than the window.
 */
export class MaxPool1D extends MaxPooling {
  static override readonly className = 'MaxPool1D';

  protected override get space(): Space {
    return SEQUENCES;
  }

  constructor(
    ...given: Arguments<[size?: number, stride?: number, pad?: SequencePad, name?: string], MaxPool1DOptions>
  ) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
