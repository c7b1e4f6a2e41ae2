import { Module, type Data, type ModuleOptions, type ShapeOf, type Variable } from '@tessera/core';

/**
 * Gives its input: y = x, of any shape and number type, also a list. Holds a place in a container, and is where the input
 * of a graph comes in. Source: PuzzleLib's `Identity`.
 */
export class Identity<Part extends Data = Variable> extends Module<Part, Part> {
  static override readonly className = 'Identity';

  constructor(options: ModuleOptions | string = {}) {
    super(typeof options === 'string' ? { name: options } : options);
  }

  override get takes() {
    return 'any' as const;
  }

  override get movesData(): boolean {
    return true;
  }

  protected override get dtypes() {
    return ['float32', 'int32', 'bool'] as const;
  }

  override dataShapeFrom(shape: ShapeOf<Part>): ShapeOf<Part, number[]> {
    return shape as unknown as ShapeOf<Part, number[]>;
  }

  protected override updateData(data: Part): Part {
    return data;
  }
}
