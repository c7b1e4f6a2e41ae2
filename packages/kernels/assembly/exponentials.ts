// e^x and ln x where kernels that sum up need them; functions of each element alone are formulas.

import { multiplyAdd } from './multiply-add';

/** Below, e^x is taken for 0: float32 has no normal numbers there. */
const LOWEST: f32 = -87.33654;
/** Added to a number, leaves in its last bits the whole number next to it. */
const ROUNDING: f32 = 12582912;
/** ln 2 in two parts: whole numbers of up to nine bits times the first are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

/** e^x of four floats up to 0, to a unit of the last place. NaN passes. */
export function exponential(x: v128): v128 {
  const bounded = f32x4.pmax(x, f32x4.splat(LOWEST));
  const shifted = f32x4.add(f32x4.mul(bounded, f32x4.splat(1.44269504)), f32x4.splat(ROUNDING));
  const turns = f32x4.sub(shifted, f32x4.splat(ROUNDING));
  const coarse = f32x4.sub(bounded, f32x4.mul(turns, f32x4.splat(LN2_HIGH)));
  const r = f32x4.sub(coarse, f32x4.mul(turns, f32x4.splat(LN2_LOW)));
  // 1 + r + r^2 p(r), best in the error of e^r: 3e-9 of it.
  let p = multiplyAdd(f32x4.splat(1.3814613e-3), r, f32x4.splat(8.36871e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1668387e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666521e-1));
  p = multiplyAdd(p, r, f32x4.splat(4.9999993e-1));
  const near = f32x4.add(multiplyAdd(f32x4.mul(p, r), r, r), f32x4.splat(1));
  const scale = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
  return v128.andnot(f32x4.mul(near, scale), f32x4.lt(x, f32x4.splat(LOWEST)));
}

/** e^x of one float up to 0. */
export function exponentialOf(x: f32): f32 {
  return f32x4.extract_lane(exponential(f32x4.splat(x)), 0);
}

const SQRT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;

/** ln x to ten digits, of a normal number above 0 or NaN. */
export function logarithm(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<i64>(x);
  const k = (bits - SQRT_HALF_BITS) >> 52;
  const m = reinterpret<f64>(bits - (k << 52)); // between sqrt(1 / 2) and sqrt(2)
  const s = (m - 1) / (m + 1);
  const q = s * s;
  const series = 1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0)))));
  return <f64>k * 0.6931471805599453 + 2 * (s + s * q * series);
}
