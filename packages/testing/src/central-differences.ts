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

/** Balances the rounding of float64, which double differences divide by its square, against the curvature. */
const DOUBLE_STEP = 3e-4;

/** The derivative of each element of f(inputs) along `directions`, by float64 central differences. Inputs are put back. */
export function directionalDifferences(f: () => Nd, inputs: readonly Nd[], directions: readonly Nd[]): Float64Array {
  const before = inputs.map(({ data }) => data.slice());
  const [above, below] = [DOUBLE_STEP, -DOUBLE_STEP].map((step) => {
    inputs.forEach(({ data }, i) =>
      data.forEach((_, e) => (data[e] = before[i]![e]! + step * directions[i]!.data[e]!)),
    );
    return f().data.slice(); // a reference may give an input through
  }) as [Float64Array, Float64Array];
  inputs.forEach(({ data }, i) => data.set(before[i]!));
  return above.map((value, i) => (value - below[i]!) / (2 * DOUBLE_STEP));
}

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
  const along = () =>
    directionalDifferences(f, inputs, directions).reduce((total, slope, i) => total + slope * cotangent.data[i]!, 0);
  const { data } = inputs[at]!;
  return data.map((value, e) => {
    data[e] = value + DOUBLE_STEP;
    const above = along();
    data[e] = value - DOUBLE_STEP;
    const below = along();
    data[e] = value;
    return (above - below) / (2 * DOUBLE_STEP);
  });
}
