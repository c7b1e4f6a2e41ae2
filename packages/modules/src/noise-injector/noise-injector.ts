import {
  add,
  affine,
  Module,
  mul,
  named,
  option,
  optionsOf,
  type Arguments,
  type Given,
  type RandomStream,
  type Variable,
} from '@tessera-nn/core';
import { normalLike, rng, uniformLike } from '../chance/index.js';
import { overwrite } from '../inplace/inplace.js';

const options = optionsOf('NoiseInjector', {
  /** Whether noise is added or multiplied by. Default `add`. */
  mode: option.oneOf('add', 'mul').or('add'),
  /** Default `uniform`. */
  noisetype: option.oneOf('uniform', 'gaussian').or('uniform'),
  /** Of uniform noise the bounds, of gaussian noise mean and deviation. Default [0, 1]. */
  params: option
    .kind<readonly [number, number]>(
      'two finite numbers',
      (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isFinite),
    )
    .or([0, 1]),
  /** Where chance comes from. Default: the shared stream of `seed`. */
  rng,
  /** Writes the result over the input. Default false. */
  inplace: option.flag.or(false),
  ...named,
});
export type NoiseInjectorOptions = Given<typeof options>;

/**
 * Noise r for each element in train mode: y = x + r or y = x r; in eval mode y = x.
 *
 * dx = g, or g r of the same r. Keeps a network from learning its data by heart, and makes autoencoders learn to remove noise.
 *
 * Shapes: any to the same. Source: PuzzleLib's `NoiseInjector`; Keras' `GaussianNoise`.
 *
 * @example
 * new NoiseInjector('add', 'gaussian', [0, 0.1]);
 * @throws ValueError when a word or a number does not fit.
 */
export class NoiseInjector extends Module {
  static override readonly className = 'NoiseInjector';

  readonly mode: 'add' | 'mul';
  readonly noisetype: 'uniform' | 'gaussian';
  readonly params: readonly [number, number];
  /** Where it draws from; null stands for the shared stream. */
  readonly rng: RandomStream | null;
  readonly #inplace: boolean;

  constructor(
    ...given: Arguments<
      [
        mode?: 'add' | 'mul',
        noisetype?: 'uniform' | 'gaussian',
        params?: readonly [number, number],
        rng?: RandomStream | null,
        inplace?: boolean,
        name?: string,
      ],
      NoiseInjectorOptions
    >
  ) {
    const { rng, ...read } = options.arguments(given);
    super(read, read);
    [this.mode, this.noisetype] = [read.mode, read.noisetype];
    this.params = read.params as readonly [number, number];
    [this.rng, this.#inplace] = [rng, read.inplace];
  }

  override get inplace(): boolean {
    return this.#inplace;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(x: Variable): Variable {
    if (!this.training) return x;
    const y = (this.mode === 'add' ? add : mul)(x, this.#noiseFor(x));
    if (this.#inplace) overwrite(this, x, y);
    return y;
  }

  #noiseFor(x: Variable): Variable {
    const [first, second] = this.params;
    if (this.noisetype === 'gaussian') return affine(normalLike(x, this.rng), second, first);
    return affine(uniformLike(x, this.rng), second - first, first);
  }

  override extraRepr(): string {
    return `${this.mode}, ${this.noisetype}, [${this.params.join(', ')}]`;
  }
}
