import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { Padding, paddingOptions } from './padding.js';

type Frame = number | readonly [top: number, bottom: number, left: number, right: number];

const isWidth = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const options = optionsOf('Pad2D', {
  /** Rows and columns around each map: as many on all sides, or [top, bottom, left, right]. */
  pad: option.kind<Frame>(
    'a whole number from 0, or [top, bottom, left, right]',
    (value) => isWidth(value) || (Array.isArray(value) && value.length === 4 && value.every(isWidth)),
  ),
  ...paddingOptions,
  ...named,
});
export type Pad2DOptions = Given<typeof options>;

/**
 * More around images: a number, their mirrored inside, their edge, or their other end. The gradient of each pixel is the
 * sum over the places where it is in the result.
 *
 * Shapes: `[batch, maps, height, width]` to `[batch, maps, top + height + bottom, left + width + right]`.
 * Source: PuzzleLib's `Pad2D`; PyTorch's `ConstantPad2d`, `ReflectionPad2d`, `ReplicationPad2d` and `CircularPad2d`, whose
 * order is [left, right, top, bottom].
 *
 * @example
 * new Pad2D({ pad: [0, 1, 0, 1], mode: 'reflect' });
 * @throws ShapeError when the input is not a batch of images, or too small to be mirrored or repeated so far.
 */
export class Pad2D extends Padding {
  static override readonly className = 'Pad2D';

  constructor(
    ...given: Arguments<
      [pad: Frame, mode?: 'constant' | 'reflect' | 'edge' | 'circular', fillValue?: number, name?: string],
      Pad2DOptions
    >
  ) {
    const read = options.arguments(given);
    const { pad } = read;
    const [top, bottom, left, right] = typeof pad === 'number' ? [pad, pad, pad, pad] : pad;
    super(read, [
      [top, bottom],
      [left, right],
    ]);
  }

  override extraRepr(): string {
    const changes = options.changes({ mode: this.mode, fillValue: this.fillValue });
    return [shownValue(this.sides.flat()), ...changes].join(', ');
  }
}
