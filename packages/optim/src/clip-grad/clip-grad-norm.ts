import { addAll, defineOp, noGrad, OptimizerError, Variable } from '@tessera-nn/core';
import { compound, settle } from '@tessera-nn/core/internal';
import { defineElementwise, runKernel } from '@tessera-nn/kernels';
import { add, div, lessEqual, mul, onesLike, where, type Tensor } from '@tensorflow/tfjs-core';

/** Keeps the factor finite where the norm is 0; PyTorch's. */
const NORM_OFFSET = 1e-6;

/** Written so that a norm of NaN falls through to itself. */
const factorKernel = defineElementwise<'norm', 'limit' | 'offset'>({
  name: 'ClipNormFactor',
  inputs: ['norm'],
  params: ['limit', 'offset'],
  scalar: (norm, limit, offset) => (norm + offset <= limit ? 1 : limit / (norm + offset)),
  glsl: 'isnan(norm) ? norm : norm + offset <= limit ? 1.0 : limit / (norm + offset)',
  compose: ({ norm }, { limit, offset }) => {
    const shifted = add(norm, offset);
    return where(lessEqual(shifted, limit), onesLike(norm), div(limit, shifted));
  },
});

const factorOf = defineOp<{ limit: number }, Tensor>({
  name: 'clip factor',
  layout: 'logical',
  forward: (_, [norm], { limit }) => runKernel(factorKernel, { norm: norm! }, { limit, offset: NORM_OFFSET }),
});

/** g by one number for all elements, in whichever layout g lies. */
const scaled = defineOp<object, Tensor>({
  name: 'clip gradient',
  layout: 'first',
  forward: (_, [g, factor]) => mul(g!, factor!),
});

/**
 * Makes the gradients of all parameters together no longer than `maxNorm`: g *= min(1, maxNorm / (|g| + 1e-6)), with |g|
 * the square root of the sum of all squares. Call it between `backward` and `update`. Parameters without a gradient are
 * left out; one given twice counts once. An infinite or NaN gradient makes all of them NaN: look at the norm it returns.
 *
 * Nothing is read back. Source: `torch.nn.utils.clip_grad_norm_` with the 2-norm; R. Pascanu et al., "On the difficulty of
 * training recurrent neural networks", 2013.
 *
 * @example
 * loss.backward();
 * const norm = clipGradNorm(net.parameters(), 1); // of before, shape []
 * optimizer.update();
 * @throws OptimizerError when `maxNorm` is not a finite number above 0; no gradient is changed then.
 */
export function clipGradNorm(parameters: Iterable<Variable>, maxNorm: number): Variable {
  checkLimit('maxNorm', maxNorm);
  const chosen = [...new Set(parameters)].filter((variable) => variable.gradStorage);
  const norm = noGrad(() =>
    compound(() => {
      if (chosen.length === 0) return new Variable([0], { shape: [] });
      const grads = chosen.map((variable) => new Variable(variable.gradStorage!.retain()));
      const total = addAll(grads.map((grad) => grad.square().sum())).sqrt();
      const factor = factorOf([total], { limit: maxNorm });
      const clipped = grads.map((grad) => scaled([grad, factor]));
      chosen.forEach((variable, i) => variable.replaceGrad(clipped[i]!.storage.retain()));
      return total;
    }),
  );
  settle(norm);
  return norm;
}

/** @throws OptimizerError for anything but a finite number above 0. */
export function checkLimit(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new OptimizerError(`${name} is no limit for gradients`, {
    path: name,
    expected: 'a finite number above 0',
    received: String(value),
  });
}
