import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { AvgPooling, includePad } from '../avg-pool-2d/index.js';
import { sequencePad, type SequencePad } from '../window/pad.js';
import { poolingOver } from '../window/pooling.js';
import { SEQUENCES, type Space } from '../window/spatial.js';

const { window, choices } = poolingOver(option.wholeFrom, sequencePad);
const options = optionsOf('AvgPool1D', { ...window, includePad, ...named }, choices);
export type AvgPool1DOptions = Given<typeof options>;

/**
 * The mean of each window over sequences: y = sum x / n; dx = g / n for every window that saw the place.
 *
 * Shapes: `[batch, maps, length]` to `[batch, maps, l]`, by the rule of `AvgPool2D`.
 * Source: PuzzleLib's `AvgPool1D`; PyTorch's `AvgPool1d`. Stride is 2 unless given, whatever the size.
 *
 * @example
 * new AvgPool1D({ size: 3, stride: 1, pad: 1, includePad: false });
 * @throws ShapeError when the input is not a batch of sequences or smaller than the window.
 */
export class AvgPool1D extends AvgPooling {
  static override readonly className = 'AvgPool1D';

  protected override get space(): Space {
    return SEQUENCES;
  }

  constructor(
    ...given: Arguments<
      [size?: number, stride?: number, pad?: SequencePad, includePad?: boolean, name?: string],
      AvgPool1DOptions
    >
  ) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options, { includePad: this.includePad });
  }
}
