import { Module, split, ValueError, type ModuleOptions, type Variable } from '@tessera-nn/core';
import { splitShapes } from '@tessera-nn/core/internal';

export interface SplitOptions extends ModuleOptions {
  /** Along which axis, the batch being 0; counted from the end where it is negative. Default 1, the maps. */
  axis?: number;
  /** The sizes of the pieces along it, which make up the axis. */
  sections: readonly number[];
}

/**
 * One input cut into a list of pieces along an axis; what no piece's gradient comes back for gets zeros.
 *
 * Shapes: `[batch, maps, ...]` to `[batch, sections[i], ...]` for each section. Source: PuzzleLib's `Split`.
 *
 * @example
 * new Split(1, [8, 8]);
 * @throws ValueError when sections are no counts; ShapeError when they do not add up to the axis.
 */
export class Split extends Module<Variable, readonly Variable[]> {
  static override readonly className = 'Split';

  readonly axis: number;
  readonly sections: readonly number[];

  constructor(axis: number, sections: readonly number[], name?: string);
  constructor(options: SplitOptions);
  constructor(axis: number | SplitOptions, sections: readonly number[] = [], name?: string) {
    const options = typeof axis === 'object' ? axis : { axis, sections, name };
    super(options, { axis: options.axis ?? 1, sections: [...options.sections] });
    this.axis = options.axis ?? 1;
    this.sections = [...options.sections];
    const isCount = (size: number) => Number.isInteger(size) && size > 0;
    if (!Number.isInteger(this.axis) || this.sections.length === 0 || !this.sections.every(isCount)) {
      throw new ValueError(`${this.label}: axis or sections are no whole numbers`, {
        path: this.path,
        expected: 'a whole axis, and one or more sections of at least 1',
        received: `axis ${this.axis}, sections [${this.sections.join(', ')}]`,
      });
    }
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
