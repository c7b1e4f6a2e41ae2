import type { Nd } from './nd.js';

/** Balances the rounding of float64 against the curvature of the functions at hand. */
const STEP = 1e-5;

/**
 * The gradient of sum(cotangent * f(x)) in every element of x, by float64 central differences. `x` is changed in place
 * for each evaluation and put back.
 */
export function centralDifferences(f: () => Nd, x: Nd, cotangent: Nd): Float64Array {
  const project = () => f().data.reduce((total, value, i) => total + value * cotangent.data[i]!, 0);
  return x.data.map((value, i) => {
    const step = STEP * Math.max(1, Math.abs(value));
    x.data[i] = value + step;
    const above = project();
    x.data[i] = value - step;
    const below = project();
    x.data[i] = value;
    return (above - below) / (2 * step);
  });
}
