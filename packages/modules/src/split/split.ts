import { Module, named, option, optionsOf, split, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { splitShapes } from '@tessera-nn/core/internal';

const options = optionsOf('Split', {
  /** Along which axis, the batch being 0; counted from the end where it is negative. Default 1, the maps. */
  axis: option.whole.or(1),
  /** The sizes of the pieces along it, which make up the axis. */
  sections: option.listOf(option.count, 'one or more whole numbers from 1', 1),
  ...named,
});
export type SplitOptions = Given<typeof options>;

/**
 * One input cut into a list of pieces along an axis; what no piece's gradient comes back for gets zeros.
 *
 * Shapes: `[batch, maps, ...]` to `[batch, sections[i], ...]` for each section. Source: PuzzleLib's `Split`.
 *
 * @example
 * new Split(1, [8, 8]);
 * @throws ValueError when sections are not counts; ShapeError when they do not add up to the axis.
 */
export class Split extends Module<Variable, readonly Variable[]> {
  static override readonly className = 'Split';

  readonly axis: number;
  readonly sections: readonly number[];

  constructor(...given: Arguments<[axis: number, sections: readonly number[], name?: string], SplitOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.axis = read.axis;
    this.sections = read.sections;
  }

  override get movesData(): boolean {
    return this.sections.length === 1;
  }

  protected override get dtypes() {
    return ['float32', 'int32', 'bool'] as const;
  }

  override dataShapeFrom(shape: readonly number[]): number[][] {
    return splitShapes(shape, this.sections, this.axis, this);
  }

  protected override updateData(data: Variable): Variable[] {
    return split(data, this.sections, this.axis);
  }

  override extraRepr(): string {
    return `axis=${this.axis}, sections=[${this.sections.join(', ')}]`;
  }
}
