import { addAll, defineListOp, defineOp, noGrad, OptimizerError, Variable } from '@tessera-nn/core';
import { compound, settle } from '@tessera-nn/core/internal';
import { defineElementwise, formula as f, multiplyKernel, runKernel } from '@tessera-nn/kernels';
import { abs, max, stack, type Tensor } from '@tensorflow/tfjs-core';
import { withGradients, type Clipped } from './gradients.js';

/** Keeps the factor finite where the norm is 0; PyTorch's. */
const NORM_OFFSET = 1e-6;
/** Squares of numbers beyond are not summed as they are: float32 ends at 2^127 and 2^-126. */
const LARGE = 2 ** 40;
const SMALL = 2 ** -40;
/** Powers of two, which change no digit. */
const SHRINK = 2 ** -80;
const GROW = 2 ** 80;

/** The factor under which the largest gradient can be squared. */
const scaleKernel = defineElementwise({
  name: 'ClipNormScale',
  inputs: ['largest'],
  formula: ({ largest }) =>
    f.select(f.gt(largest, LARGE), SHRINK, f.select(f.gt(largest, 0), f.select(f.lt(largest, SMALL), GROW, 1), 1)),
});

/** 1 where the norm is within the limit, else one of the two factors that bring it there. A norm of NaN falls through. */
const factorKernel = defineElementwise({
  name: 'ClipNormFactor',
  inputs: ['norm', 'scale'],
  params: ['limit', 'first'],
  formula: ({ norm, scale, limit, first }) => {
    const shifted = f.add(norm, f.mul(NORM_OFFSET, scale));
    const factor = f.select(f.gt(first, 0), scale, f.div(limit, shifted));
    return f.select(f.le(shifted, f.mul(limit, scale)), 1, factor);
  },
});

const largestOf = defineOp({
  name: 'largest gradient',
  inputs: ['g'],
  layout: 'any',
  forward: ({ g }): Tensor => max(abs(g)),
});

const scaleOf = defineListOp({
  name: 'clip scale',
  layout: 'logical',
  forward: (largest) => runKernel(scaleKernel, { largest: max(stack(largest)) }, {}),
});

const factorOf = defineOp({
  name: 'clip factor',
  inputs: ['norm', 'scale'],
  layout: 'logical',
  forward: (inputs, { limit, first }: { limit: number; first: boolean }) =>
    runKernel(factorKernel, inputs, { limit, first: first ? 1 : 0 }),
});

/** g by one number for all elements, in whichever layout g lies. */
const scaled = defineOp({
  name: 'clip gradient',
  inputs: ['g', 'factor'],
  layout: { g: 'any' },
  forward: ({ g, factor }) => runKernel(multiplyKernel, { a: g, b: factor }, {}),
});

/** The norm of all gradients together, and two factors that bring each within the limit, for one alone may be too large. */
export function normFactors(grads: readonly Variable[], limit: number): { norm: Variable; factors: Variable[] } {
  const scale = scaleOf(grads.map((g) => largestOf({ g })));
  const length = addAll(grads.map((g) => scaled({ g, factor: scale }).square().sum())).sqrt();
  const factors = [true, false].map((first) => factorOf({ norm: length, scale }, { limit, first }));
  return { norm: length.div(scale), factors };
}

/** A gradient by one factor after the other. */
export const byFactors = (grad: Variable, factors: readonly Variable[]): Variable =>
  factors.reduce((g, factor) => scaled({ g, factor }), grad);

/**
 * Makes the gradients of all parameters together no longer than `maxNorm`: g *= min(1, maxNorm / (|g| + 1e-6)), with |g|
 * the square root of the sum of all squares. Call it between `backward` and `update`. Parameters without a gradient are
 * left out; one given twice counts once. An infinite or NaN gradient makes all of them NaN: look at the norm it returns.
 * Squares of very large and very small gradients are scaled, so that their sum is neither infinite nor 0.
 *
 * Nothing is read back. Source: `torch.nn.utils.clip_grad_norm_` with the 2-norm; R. Pascanu et al., "On the difficulty of
 * training recurrent neural networks", 2013.
 *
 * @example
 * loss.backward();
 * const norm = clipGradNorm(net, 1); // of before, shape []
 * optimizer.update();
 * @param parameters a module, or Variables.
 * @throws OptimizerError when `maxNorm` is not a finite number above 0, or there are no parameters; nothing is changed then.
 */
export function clipGradNorm(parameters: Clipped, maxNorm: number): Variable {
  checkLimit('maxNorm', maxNorm);
  const chosen = withGradients(parameters, 'clipGradNorm').filter(({ size }) => size > 0);
  const norm = noGrad(() =>
    compound(() => {
      if (chosen.length === 0) return new Variable([0], { shape: [] });
      const grads = chosen.map((variable) => new Variable(variable.gradStorage!.retain()));
      const { norm, factors } = normFactors(grads, maxNorm);
      const clipped = grads.map((grad) => byFactors(grad, factors));
      chosen.forEach((variable, i) => variable.replaceGrad(clipped[i]!.storage.retain()));
      return norm;
    }),
  );
  settle(norm);
  return norm;
}

/** @throws OptimizerError for anything but a finite number above 0. */
export function checkLimit(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new OptimizerError(`${name} is not a limit for gradients`, {
    path: name,
    expected: 'a finite number above 0',
    received: String(value),
  });
}
