import {
  broadcastingOp,
  Module,
  named,
  option,
  optionsOf,
  type Arguments,
  type Given,
  type RandomStream,
  type Variable,
} from '@tessera-nn/core';
import { formula as f } from '@tessera-nn/kernels';
import { rng, uniformLike } from '../chance/index.js';

/** What selu comes to far left: minus its scale times its alpha. */
const FLOOR = -1.7580993408473766;

const options = optionsOf('AlphaDropout', {
  /** The probability of dropping an element, from 0 to below 1. Default 0.5. */
  p: option.kind<number>('a number from 0 to below 1', (p) => typeof p === 'number' && p >= 0 && p < 1).or(0.5),
  /** Where chance comes from. Default: the shared stream of `seed`. */
  rng,
  ...named,
});
export type AlphaDropoutOptions = Given<typeof options>;

const drop = broadcastingOp({
  name: 'AlphaDropout',
  inputs: ['x', 'u'],
  params: ['p', 'dropped', 'factor', 'offset'],
  value: ({ x, u, p, dropped, factor, offset }) => f.select(f.lt(u, p), dropped, f.add(f.mul(factor, x), offset)),
});

/**
 * Dropout behind `selu`: in train mode sets each element to what selu comes to far left, with probability p, and moves and
 * scales all so that mean 0 and variance 1 stay. In eval mode y = x.
 *
 * y = a m + b where an element is dropped, a x + b elsewhere, with m = -1.7581, a = 1 / sqrt((1 - p) (1 + p m^2)), b = -a p m;
 * dx = a g where it is not dropped, 0 elsewhere.
 *
 * Shapes: any to the same. Source: Klambauer et al. 2017; PyTorch's `AlphaDropout`.
 *
 * @example
 * new AlphaDropout(0.1);
 * @throws ValueError when p is not a probability below 1.
 */
export class AlphaDropout extends Module {
  static override readonly className = 'AlphaDropout';

  readonly p: number;
  /** Where it draws from; null stands for the shared stream. */
  readonly rng: RandomStream | null;

  constructor(...given: Arguments<[p?: number, rng?: RandomStream | null, name?: string], AlphaDropoutOptions>) {
    const { rng, ...read } = options.arguments(given);
    super(read, read);
    this.p = read.p;
    this.rng = rng;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(x: Variable): Variable {
    const { p } = this;
    if (!this.training || p === 0) return x;
    const factor = 1 / Math.sqrt((1 - p) * (1 + p * FLOOR ** 2));
    const offset = -factor * p * FLOOR;
    return drop({ x, u: uniformLike(x, this.rng) }, { p, dropped: factor * FLOOR + offset, factor, offset });
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}
