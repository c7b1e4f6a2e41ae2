import { grad, randomStream, Variable, type Module } from 'tessera-nn';

/** Keeps the derivative of the square root finite where a slope is 0. */
const ABOVE_ZERO = 1e-12;

/**
 * How steep a critic is: the lengths of its gradients at random points on the lines between two batches, `[batch]`. They
 * are on the tape, so a loss made of them trains the critic.
 */
export function slopesBetween(critic: Module, real: Variable, fake: Variable): Variable {
  const shares = Float32Array.from({ length: real.shape[0]! }, () => randomStream().uniform());
  const share = new Variable(shares, { shape: [shares.length, 1, 1, 1] });
  const between = real.mul(share).add(fake.mul(share.neg().add(1)));
  const score = (images: Variable) => critic.forward(images).sum();
  const slopes = grad(score, { createGraph: true })(between);
  return slopes.square().sum([1, 2, 3]).add(ABOVE_ZERO).sqrt();
}

/** The mean of (slope - 1)^2: what WGAN-GP adds to the critic's loss (Gulrajani et al. 2017). */
export const gradientPenalty = (slopes: Variable): Variable => slopes.sub(1).square().mean();
