import {
  Module,
  named,
  option,
  optionsOf,
  randomStream,
  type Arguments,
  type Given,
  type RandomStream,
  type Variable,
} from '@tessera-nn/core';
import { rng } from '../chance/index.js';
import { overwrite } from '../inplace/inplace.js';
import { dropout } from './dropout.op.js';

const options = optionsOf('Dropout', {
  /** The probability of dropping an element, from 0 to 1. Default 0.5. */
  p: option.numberBetween(0, 1).or(0.5),
  /** Where chance comes from. Default: the shared stream of `seed`. */
  rng,
  /** Writes the result over the input. Default false. */
  inplace: option.flag.or(false),
  ...named,
});
export type DropoutOptions = Given<typeof options>;

/**
 * In train mode sets each element to 0 with probability p and multiplies the others by 1 / (1 - p); the gradient goes
 * through the same elements. In eval mode y = x.
 *
 * The choice is a hash of the seed and the element's index, the same on every backend; nothing is stored for the
 * gradient. Shapes: any to the same. Source: Srivastava et al. 2014; PuzzleLib's, PyTorch's and Keras'
 * `Dropout`, where p also means dropping.
 *
 * @example
 * new Dropout(0.2);
 * @throws ValueError when p is not a probability.
 */
export class Dropout extends Module {
  static override readonly className = 'Dropout';

  readonly p: number;
  /** Where it draws from; null stands for the shared stream. */
  readonly rng: RandomStream | null;
  readonly #inplace: boolean;

  constructor(
    ...given: Arguments<[p?: number, rng?: RandomStream | null, inplace?: boolean, name?: string], DropoutOptions>
  ) {
    const { rng, ...read } = options.arguments(given);
    super(read, read);
    this.p = read.p;
    this.rng = rng;
    this.#inplace = read.inplace;
  }

  override get inplace(): boolean {
    return this.#inplace;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    if (!this.training || this.p === 0) return data;
    const keep = 1 - this.p;
    const { key, counter } = (this.rng ?? randomStream()).reserve(data.size);
    const threshold = Math.floor(keep * (2 ** 32 - 1));
    const output = dropout(data, { key, counter, threshold, factor: keep > 0 ? 1 / keep : 0 });
    if (this.#inplace) overwrite(this, data, output);
    return output;
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}
