import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { groupNormOptions, NormOfGroups } from '../standardize/norm-of-groups.js';

const options = optionsOf('GroupNorm', {
  /** Into how many parts the maps are split; they are a multiple of it. */
  groups: option.count,
  ...groupNormOptions,
  ...named,
});
export type GroupNormOptions = Given<typeof options>;

/**
 * Group normalisation: each sample by the mean and variance of each group of its maps, the same in train and eval mode.
 *
 * y = scale (x - m) / sqrt(v + epsilon) + bias, with the biased variance over the maps of a group and all places; scale and
 * bias are those of the map. dx is that of `LayerNorm` within each group. In place of batch normalisation where batches are
 * small.
 *
 * Shapes: `[batch, maps, ...]` to the same. `scale` 1 and `bias` 0 are `[maps]`; neither decays under weight decay. Source: Wu
 * and He 2018; PyTorch's `GroupNorm`.
 *
 * @example
 * new GroupNorm(4, 32);
 * @throws ShapeError for another count of maps; ValueError when the groups do not divide the maps.
 */
export class GroupNorm extends NormOfGroups {
  static override readonly className = 'GroupNorm';

  constructor(
    ...given: Arguments<
      [groups: number, maps: number, epsilon?: number, affine?: boolean, name?: string],
      GroupNormOptions
    >
  ) {
    const read = options.arguments(given);
    super(read, () => read.groups);
  }

  override extraRepr(): string {
    const changes = options.changes({ affine: this.affine });
    return [this.shown('groups'), this.shown('maps'), `epsilon=${this.epsilon}`, ...changes].join(', ');
  }
}
