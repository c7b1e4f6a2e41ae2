import { noGrad, option, optionsOf, OptimizerError, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { byFactors, normFactors } from '../clip-grad/clip-grad-norm.js';
import type { GivenGrad, Hook } from './hook.js';

const options = optionsOf('ClipNorm', {
  /** How long the gradients of all parameters may be together. */
  maxNorm: option.kind<number>(
    'a finite number above 0',
    (value) => Number.isFinite(value) && (value as number) > 0,
    OptimizerError,
  ),
});
/** The limit of ClipNorm. */
export type ClipNormOptions = Given<typeof options>;

/**
 * Makes the gradients of all parameters together no longer than `maxNorm`, inside of each update: what `clipGradNorm` does
 * between `backward` and `update`. Gradients of the parameters stay as they are; only the step uses shorter ones. The
 * length is that of the gradients as they came, before other hooks.
 *
 * @example
 * optimizer.addHook(new ClipNorm(1));
 * @throws OptimizerError when the limit is not a finite number above 0.
 */
export class ClipNorm implements Hook {
  readonly maxNorm: number;
  #factors: readonly Variable[] = [];

  constructor(...given: Arguments<[maxNorm: number], ClipNormOptions>) {
    this.maxNorm = options.arguments(given).maxNorm;
  }

  beforeUpdate(given: readonly GivenGrad[]): void {
    this.dispose();
    const grads = given.map(({ grad }) => grad).filter(({ size }) => size > 0);
    if (grads.length === 0) return;
    const { norm, factors } = noGrad(() => normFactors(grads, this.maxNorm));
    norm.dispose();
    this.#factors = factors.map((factor) => factor.keep());
  }

  changeGrad(_: Variable, grad: Variable): Variable {
    return grad.size === 0 ? grad : byFactors(grad, this.#factors);
  }

  /** Frees what it holds on the device between two updates. */
  dispose(): void {
    for (const factor of this.#factors) factor.dispose();
    this.#factors = [];
  }
}
