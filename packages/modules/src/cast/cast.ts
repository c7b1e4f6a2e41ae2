import {
  Module,
  named,
  option,
  optionsOf,
  equal,
  logicalNot,
  type Dtype,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { numbersAs } from './cast.op.js';

const dtype = option.oneOf('float32', 'int32', 'bool');

const options = optionsOf('Cast', {
  /** What comes in. */
  intype: dtype,
  /** What goes out. */
  outtype: dtype,
  ...named,
});
export type CastOptions = Given<typeof options>;

/**
 * The same numbers in another number type: fractions are cut off towards 0, and what is not 0 is true.
 *
 * No gradient goes through a change of the number type; where both are float32, y = x and dx = g.
 *
 * Shapes: any to the same. Source: PuzzleLib's `Cast`, which also knows float16: no backend here trains in it.
 *
 * @example
 * new Cast('int32', 'float32');
 * @throws DtypeError for an input of another number type.
 */
export class Cast extends Module {
  static override readonly className = 'Cast';

  readonly intype: Dtype;
  readonly outtype: Dtype;

  constructor(...given: Arguments<[intype: Dtype, outtype: Dtype, name?: string], CastOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.intype, this.outtype] = [read.intype, read.outtype];
  }

  override get movesData(): boolean {
    return this.intype === this.outtype;
  }

  protected override get dtypes() {
    return [this.intype];
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    const { intype, outtype } = this;
    if (intype === outtype) return data;
    // tfjs's cast to bool keeps other numbers than 0 and 1 on wasm.
    return outtype === 'bool' ? logicalNot(equal(data, 0)) : numbersAs(data, outtype);
  }

  override extraRepr(): string {
    return `${this.intype}, ${this.outtype}`;
  }
}
