import {
  Module,
  named,
  option,
  optionsOf,
  reshape,
  transpose,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

const options = optionsOf('ChannelShuffle', {
  /** Into how many parts the maps are split; their count is a multiple of it. */
  groups: option.count,
  ...named,
});
export type ChannelShuffleOptions = Given<typeof options>;

/**
 * Brings maps of each group next to one of every other, so that a grouped convolution behind it sees all groups.
 *
 * y[n, j groups + i] = x[n, i maps / groups + j]: the maps as a matrix of `groups` rows, transposed. dx is the way back.
 *
 * Shapes: `[batch, maps, ...]` to the same. Source: Zhang et al. 2017, ShuffleNet; PyTorch's `ChannelShuffle`.
 *
 * @example
 * new ChannelShuffle(2);
 * @throws ShapeError where the groups do not divide the maps.
 */
export class ChannelShuffle extends Module {
  static override readonly className = 'ChannelShuffle';

  readonly groups: number;

  constructor(...given: Arguments<[groups: number, name?: string], ChannelShuffleOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.groups = read.groups;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.length >= 2 && shape[1]! % this.groups === 0) return [...shape];
    throw this.shapeError(`the maps of input ${shapeText(shape)} cannot be split into ${this.groups} groups`, {
      expected: `[batch, a multiple of ${this.groups}, ...]`,
      received: shapeText(shape),
    });
  }

  protected override updateData(data: Variable): Variable {
    const [batch, maps] = data.shape as [number, number];
    const groups = reshape(data, [batch, this.groups, maps / this.groups, -1]);
    return reshape(transpose(groups, [0, 2, 1, 3]), data.shape);
  }

  override extraRepr(): string {
    return `${this.groups}`;
  }
}
