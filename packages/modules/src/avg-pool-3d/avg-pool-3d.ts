import { named, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { AvgPooling, includePad } from '../avg-pool-2d/index.js';
import { tripleFrom, volumePad, type Triple, type VolumePad } from '../window/pad.js';
import { poolingOver } from '../window/pooling.js';
import { VOLUMES, type Space } from '../window/spatial.js';

const { window, choices } = poolingOver(tripleFrom, volumePad);
const options = optionsOf('AvgPool3D', { ...window, includePad, ...named }, choices);
export type AvgPool3DOptions = Given<typeof options>;

/**
 * The mean of each window over volumes: y = sum x / n; dx = g / n for every window that saw the place.
 *
 * Shapes: `[batch, maps, depth, height, width]` to `[batch, maps, d, h, w]`, each axis by the rule of `AvgPool2D`.
 * Source: PuzzleLib's `AvgPool3D`; PyTorch's `AvgPool3d`. Stride is 2 unless given, whatever the size.
 *
 * @example
 * new AvgPool3D({ size: 3, stride: 1, pad: 1, includePad: false });
 * @throws ShapeError when the input is not a batch of volumes or smaller than the window.
 */
export class AvgPool3D extends AvgPooling {
  static override readonly className = 'AvgPool3D';

  protected override get space(): Space {
    return VOLUMES;
  }

  constructor(
    ...given: Arguments<
      [size?: Triple, stride?: Triple, pad?: VolumePad, includePad?: boolean, name?: string],
      AvgPool3DOptions
    >
  ) {
    super(options.arguments(given));
  }

  override extraRepr(): string {
    return this.textWith(options, { includePad: this.includePad });
  }
}
