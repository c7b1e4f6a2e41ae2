import {
  broadcastingOp,
  elementwiseOp,
  Module,
  named,
  option,
  optionsOf,
  ValueError,
  type Arguments,
  type Given,
  type RandomStream,
  type Variable,
} from '@tessera-nn/core';
import { formula as f } from '@tessera-nn/kernels';
import { rng, uniformLike } from '../chance/index.js';

/** The slopes of the paper. */
const [LOWER, UPPER] = [1 / 8, 1 / 3];

const options = optionsOf('RRelu', {
  /** The least slope. Default 1/8. */
  lower: option.number.or(LOWER),
  /** The largest. Default 1/3. */
  upper: option.number.or(UPPER),
  /** Where chance comes from. Default: the shared stream of `seed`. */
  rng,
  ...named,
});
export type RReluOptions = Given<typeof options>;

const drawn = broadcastingOp({
  name: 'RRelu',
  inputs: ['x', 'u'],
  params: ['lower', 'upper'],
  value: ({ x, u, lower, upper }) => f.select(f.gt(x, 0), x, f.mul(x, f.add(lower, f.mul(f.sub(upper, lower), u)))),
});

const mean = elementwiseOp<'slope'>({
  name: 'RReluMean',
  params: ['slope'],
  value: ({ x, slope }) => f.select(f.gt(x, 0), x, f.mul(slope, x)),
});

/**
 * Randomised leaky rectifier: y = x for x > 0, a x for the rest, with a slope a for each element, drawn from `lower` to `upper`
 * in train mode, and the mean of the two in eval mode.
 *
 * dx = g for x > 0, a g for the rest, of the same a. Its slopes differ from step to step, which keeps a small network from
 * learning its data by heart.
 *
 * Shapes: any to the same. Source: Xu et al. 2015; PyTorch's `RReLU`.
 *
 * @example
 * new RRelu();
 * @throws ValueError when `lower` is above `upper`.
 */
export class RRelu extends Module {
  static override readonly className = 'RRelu';

  readonly lower: number;
  readonly upper: number;
  /** Where it draws from; null stands for the shared stream. */
  readonly rng: RandomStream | null;

  constructor(
    ...given: Arguments<[lower?: number, upper?: number, rng?: RandomStream | null, name?: string], RReluOptions>
  ) {
    const { rng, ...read } = options.arguments(given);
    super(read, read);
    [this.lower, this.upper, this.rng] = [read.lower, read.upper, rng];
    if (this.lower > this.upper) {
      throw new ValueError(`${this.label}: the least slope is above the largest`, {
        path: this.path,
        expected: 'lower <= upper',
        received: `${this.lower} and ${this.upper}`,
      });
    }
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(x: Variable): Variable {
    const { lower, upper } = this;
    if (!this.training) return mean(x, { slope: (lower + upper) / 2 });
    return drawn({ x, u: uniformLike(x, this.rng) }, { lower, upper });
  }

  override extraRepr(): string {
    return options.changes({ lower: this.lower, upper: this.upper }).join(', ');
  }
}

/** PyTorch's name of `RRelu`. */
export { RRelu as RReLU };
