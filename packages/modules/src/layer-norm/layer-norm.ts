import { add, mul, named, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { lastAxesOptions, NormOverLastAxes } from '../standardize/norm-over-last-axes.js';
import { standardize } from '../standardize/standardize.op.js';

const options = optionsOf('LayerNorm', { ...lastAxesOptions, ...named });
export type LayerNormOptions = Given<typeof options>;

/**
 * Layer normalisation: each sample by its own mean and variance over the last axes, the same in train and eval mode.
 *
 * y = scale (x - m) / sqrt(v + epsilon) + bias, with the biased variance. With h = (x - m) / sqrt(v + epsilon) and s = scale g:
 * dx = (s - mean s - h mean(s h)) / sqrt(v + epsilon), dscale = sum g h, dbias = sum g. For sequences and small batches.
 *
 * Shapes: `[..., ...shape]` to the same. `scale` 1 and `bias` 0 are of `shape`; neither decays under weight decay. Source: Ba,
 * Kiros and Hinton 2016; PyTorch's `LayerNorm`.
 *
 * @example
 * new LayerNorm(64);
 * @throws ShapeError when the input does not end in `shape`.
 */
export class LayerNorm extends NormOverLastAxes {
  static override readonly className = 'LayerNorm';

  constructor(
    ...given: Arguments<
      [shape: number | readonly number[], epsilon?: number, affine?: boolean, name?: string],
      LayerNormOptions
    >
  ) {
    super(options.arguments(given), true);
  }

  protected override updateData(data: Variable): Variable {
    const { epsilon, scale, bias } = this;
    const y = standardize(data, { rows: this.rowsIn(data), centred: true, epsilon, images: false });
    return scale && bias ? add(mul(y, scale), bias) : y;
  }
}
