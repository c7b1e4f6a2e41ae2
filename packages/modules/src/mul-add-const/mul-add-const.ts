import { affine, Module, named, option, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { overwrite } from '../inplace/inplace.js';

const options = optionsOf('MulAddConst', {
  /** Default 1. */
  a: option.number.or(1),
  /** Default 0. */
  b: option.number.or(0),
  /** Writes the result over the input. Default false. */
  inplace: option.flag.or(false),
  ...named,
});
export type MulAddConstOptions = Given<typeof options>;

/**
 * A straight line through every element: y = a x + b; dx = a g. As for bringing pixels from 0 to 255 into -1 to 1.
 *
 * Shapes: any to the same. Source: PuzzleLib's `MulAddConst`; Keras' `Rescaling`.
 *
 * @example
 * new MulAddConst(2 / 255, -1);
 * @throws ValueError when a number is not finite.
 */
export class MulAddConst extends Module {
  static override readonly className = 'MulAddConst';

  readonly a: number;
  readonly b: number;
  readonly #inplace: boolean;

  constructor(...given: Arguments<[a?: number, b?: number, inplace?: boolean, name?: string], MulAddConstOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.a, this.b, this.#inplace] = [read.a, read.b, read.inplace];
  }

  override get inplace(): boolean {
    return this.#inplace;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    const output = affine(data, this.a, this.b);
    if (this.#inplace) overwrite(this, data, output);
    return output;
  }

  override extraRepr(): string {
    return options.changes({ a: this.a, b: this.b }).join(', ');
  }
}
