import { formula, type Formula } from '@tessera-nn/kernels';
import { Optimizer } from './optimizer.js';
import { rate } from './rate.js';

const { add, mul } = formula;

/** The state of a rule with moments: the mean gradient and the mean square. */
export const momentState = ['mg', 'ms'] as const;

/** The numbers of a rule with moments, the same for all elements; `rest` is 1 - beta, which float32 would lose most digits of. */
export const momentNumbers = ['beta1', 'rest1', 'beta2', 'rest2', 'epsilon'] as const;

type Variables = Readonly<Record<'g' | 'mg' | 'ms' | 'beta1' | 'rest1' | 'beta2' | 'rest2', Formula>>;

/** The mean gradient and the mean square after a step: mg += (1 - beta1) (g - mg); ms += (1 - beta2) (g^2 - ms). */
export const moments = ({ g, mg, ms, beta1, rest1, beta2, rest2 }: Variables): Record<'mg' | 'ms', Formula> => ({
  mg: add(mul(beta1, mg), mul(rest1, g)),
  ms: add(mul(beta2, ms), mul(rest2, mul(g, g))),
});

/** What optimizers with moments are made with, besides their rate. */
export const momentOptions = {
  /** How slowly the mean gradient forgets. Default 0.9. */
  beta1: rate.or(0.9),
  /** How slowly the mean square forgets. Default 0.999. */
  beta2: rate.or(0.999),
  /** Keeps the division finite. Default 1e-8. */
  epsilon: rate.or(1e-8),
};

/** Optimizers that remember the mean of gradients and of their squares, as Adam does. */
export abstract class MomentOptimizer extends Optimizer {
  protected override get stateNames(): readonly string[] {
    return momentState;
  }
  protected override get squares() {
    return ['ms'];
  }
  declare beta1: number;
  declare beta2: number;
  declare epsilon: number;

  /** `momentNumbers` for the rule. */
  protected get moments(): Record<(typeof momentNumbers)[number], number> {
    const { beta1, beta2, epsilon } = this;
    return { beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon };
  }
}
