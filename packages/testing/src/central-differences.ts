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

/** Balances the rounding of float64, which is divided by its square, against the curvature. */
const DOUBLE_STEP = 3e-4;

/**
 * The second derivative of sum(cotangent * f(inputs)), once along `directions` and once in every element of `inputs[at]`:
 * a row of the Hessian times a vector, by float64 differences of differences. Inputs are put back.
 */
export function doubleDifferences(
  f: () => Nd,
  inputs: readonly Nd[],
  directions: readonly Nd[],
  at: number,
  cotangent: Nd,
): Float64Array {
  const move = (by: number) =>
    inputs.forEach((input, i) => input.data.forEach((_, e) => (input.data[e]! += by * directions[i]!.data[e]!)));
  const before = inputs.map(({ data }) => data.slice());
  const project = () => f().data.reduce((total, value, i) => total + value * cotangent.data[i]!, 0);
  const along = () => {
    const [above, below] = [DOUBLE_STEP, -DOUBLE_STEP].map((step) => {
      const start = inputs.map(({ data }) => data.slice());
      move(step);
      const value = project();
      inputs.forEach(({ data }, i) => data.set(start[i]!));
      return value;
    }) as [number, number];
    return (above - below) / (2 * DOUBLE_STEP);
  };
  return inputs[at]!.data.map((value, e, data) => {
    data[e] = value + DOUBLE_STEP;
    const above = along();
    data[e] = value - DOUBLE_STEP;
    const below = along();
    inputs.forEach((input, i) => input.data.set(before[i]!));
    return (above - below) / (2 * DOUBLE_STEP);
  });
}
