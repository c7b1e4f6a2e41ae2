import { mul, named, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { lastAxesOptions, NormOverLastAxes } from '../standardize/norm-over-last-axes.js';
import { standardize } from '../standardize/standardize.op.js';

const options = optionsOf('RMSNorm', { ...lastAxesOptions, ...named });
export type RMSNormOptions = Given<typeof options>;

/**
 * Normalisation by the root of the mean square over the last axes: `LayerNorm` without the mean, and without a bias.
 *
 * y = scale x / sqrt(mean x^2 + epsilon). With h = x / sqrt(mean x^2 + epsilon) and s = scale g:
 * dx = (s - h mean(s h)) / sqrt(mean x^2 + epsilon), dscale = sum g h.
 *
 * Shapes: `[..., ...shape]` to the same. `scale` 1 is of `shape` and does not decay under weight decay. Source: Zhang and
 * Sennrich 2019; PyTorch's `RMSNorm`, whose epsilon is 1.2e-7 unless given.
 *
 * @example
 * new RMSNorm(64);
 * @throws ShapeError when the input does not end in `shape`.
 */
export class RMSNorm extends NormOverLastAxes {
  static override readonly className = 'RMSNorm';

  constructor(
    ...given: Arguments<
      [shape: number | readonly number[], epsilon?: number, affine?: boolean, name?: string],
      RMSNormOptions
    >
  ) {
    super(options.arguments(given), false);
  }

  protected override updateData(data: Variable): Variable {
    const { epsilon, scale } = this;
    const y = standardize(data, { rows: this.rowsIn(data), centred: false, epsilon, images: false });
    return scale ? mul(y, scale) : y;
  }
}
