import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { Padding, paddingOptions } from '../pad-2d/index.js';
import type { Sides } from '../window/pad.js';
import { SEQUENCES, type Space } from '../window/spatial.js';

const options = optionsOf('Pad1D', {
  /** Places around each map: as many at both ends, or [left, right]. */
  pad: option.pairFrom(0),
  ...paddingOptions,
  ...named,
});
export type Pad1DOptions = Given<typeof options>;

/**
 * More around sequences: a number, their mirrored inside, their ends, or their other end. The gradient of each place is the
 * sum over the places where it is in the result.
 *
 * Shapes: `[batch, maps, length]` to `[batch, maps, left + length + right]`. Source: PuzzleLib's `Pad1D`; PyTorch's
 * `ConstantPad1d`, `ReflectionPad1d`, `ReplicationPad1d` and `CircularPad1d`.
 *
 * @example
 * new Pad1D({ pad: [2, 3], mode: 'reflect' });
 * @throws ShapeError when the input is not a batch of sequences, or too short to be mirrored or repeated so far.
 */
export class Pad1D extends Padding {
  static override readonly className = 'Pad1D';

  protected override get space(): Space {
    return SEQUENCES;
  }

  constructor(
    ...given: Arguments<
      [pad: number | Sides, mode?: 'constant' | 'reflect' | 'edge' | 'circular', fillValue?: number, name?: string],
      Pad1DOptions
    >
  ) {
    const read = options.arguments(given);
    const { pad } = read;
    super(read, [typeof pad === 'number' ? [pad, pad] : pad]);
  }

  override extraRepr(): string {
    const changes = options.changes({ mode: this.mode, fillValue: this.fillValue });
    return [shownValue(this.sides[0]), ...changes].join(', ');
  }
}
