import { named, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { MaxPooling } from '../max-pool-2d/index.js';
import { tripleFrom, volumePad, type Triple, type VolumePad } from '../window/pad.js';
import { poolingOver } from '../window/pooling.js';
import { VOLUMES, type Space } from '../window/spatial.js';

const { window, choices } = poolingOver(tripleFrom, volumePad);
const options = optionsOf('MaxPool3D', { ...window, ...named }, choices);
export type MaxPool3DOptions = Given<typeof options>;

/**
 * The largest value of each window over volumes: y = max x. Gradient, padding and NaN as for `MaxPool2D`.
 *
 * Shapes: `[batch, maps, depth, height, width]` to `[batch, maps, d, h, w]`, each axis by the rule of `MaxPool2D`.
 * Source: PuzzleLib's `MaxPool3D`; PyTorch's `MaxPool3d`. Stride is 2 unless given, whatever the size.
 *
 * @example
 * new MaxPool3D({ size: 3, stride: 2, pad: 1 });
 * @throws ShapeError when the input is not a batch of volumes or smaller than the window.
 */
export class MaxPool3D extends MaxPooling {
  static override readonly className = 'MaxPool3D';

  protected override get space(): Space {
    return VOLUMES;
  }

  constructor(...given: Arguments<[size?: Triple, stride?: Triple, pad?: VolumePad, name?: string], MaxPool3DOptions>) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
