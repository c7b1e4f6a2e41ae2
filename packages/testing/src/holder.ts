import { Module, type ModuleOptions, type Variable } from '@tessera-nn/core';

/** A module that gives its input; specs hang members onto it. */
export class Holder extends Module {
  static override readonly className: string = 'Holder';
  [key: string]: unknown;
  constructor(fields: Record<string, unknown> = {}, options: ModuleOptions = {}) {
    super(options);
    Object.assign(this, fields);
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x;
  }
}
