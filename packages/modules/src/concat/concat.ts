import { concat, Module, named, option, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { concatShape } from '@tessera-nn/core/internal';

const options = optionsOf('Concat', {
  /** Along which axis, the batch being 0; counted from the end where it is negative. Default 1, the maps. */
  axis: option.whole.or(1),
  ...named,
});
export type ConcatOptions = Given<typeof options>;

/**
 * A list one behind the other along an axis; each gets its part of the gradient.
 *
 * Shapes: a list of shapes that are alike elsewhere, as `[batch, maps1, ...]` and `[batch, maps2, ...]`, to
 * `[batch, maps1 + maps2, ...]`. Source: PuzzleLib's `Concat`.
 *
 * @example
 * new Concat(1);
 * @throws ValueError when the axis is not a whole number; ShapeError for an empty list, and for shapes that do not fit.
 */
export class Concat extends Module<readonly Variable[], Variable> {
  static override readonly className = 'Concat';

  readonly axis: number;

  constructor(...given: Arguments<[axis?: number, name?: string], ConcatOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.axis = read.axis;
  }

  override get takes() {
    return 'list' as const;
  }

  protected override get dtypes() {
    return ['float32', 'int32', 'bool'] as const;
  }

  override dataShapeFrom(shapes: readonly (readonly number[])[]): number[] {
    return concatShape(shapes, this.axis, this);
  }

  protected override updateData(data: readonly Variable[]): Variable {
    return concat(data, this.axis);
  }

  override extraRepr(): string {
    return `axis=${this.axis}`;
  }
}
