import { Module, type ModuleOptions, type Variable } from '@tessera/core';

/** Gives its input: y = x, of any shape and number type. Holds a place in a container. Source: PuzzleLib's `Identity`. */
export class Identity extends Module {
  static override readonly className = 'Identity';

  constructor(options: ModuleOptions | string = {}) {
    super(typeof options === 'string' ? { name: options } : options);
  }

  override get movesData(): boolean {
    return true;
  }

  protected override get dtypes() {
    return ['float32', 'int32', 'bool'] as const;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    return data;
  }
}
