// Functions of each element that take an exponential. NaN passes, and infinities go where the functions tend to.

const LOG2_E: f32 = 1.44269504;
/** ln 2 in two parts: whole numbers of up to nine bits times the first are exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;
/** Beyond these e^x is 0 and Infinity in float32. */
const LOWEST: f32 = -104;
const HIGHEST: f32 = 89;

/** n of x = n ln 2 + r, with r between -ln 2 / 2 and ln 2 / 2. */
function wholeTurns(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(x, f32x4.splat(LOG2_E)));
}

function remainder(x: v128, turns: v128): v128 {
  const coarse = f32x4.sub(x, f32x4.mul(turns, f32x4.splat(LN2_HIGH)));
  return f32x4.sub(coarse, f32x4.mul(turns, f32x4.splat(LN2_LOW)));
}

/** e^r - 1 near 0 by its Taylor series to r^7, which is good to half a unit of the last place there. */
function series(r: v128): v128 {
  let p = f32x4.splat(1 / 5040);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1 / 720));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1 / 120));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1 / 24));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1 / 6));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  return f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r);
}

/** 2^n of a whole n between -126 and 127. */
function power(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^x. The power of two is applied in halves: e^-100 and e^88.7 have exponents that one float of 2^n has not. */
function exponential(x: v128): v128 {
  x = f32x4.max(f32x4.min(x, f32x4.splat(HIGHEST)), f32x4.splat(LOWEST));
  const turns = wholeTurns(x);
  const n = i32x4.trunc_sat_f32x4_s(turns);
  const half = i32x4.shr_s(n, 1);
  const near = f32x4.add(series(remainder(x, turns)), f32x4.splat(1));
  return f32x4.mul(f32x4.mul(near, power(half)), power(i32x4.sub(n, half)));
}

/** e^x - 1 for x of at most 0, with all its digits near 0. */
function exponentialMinus1(x: v128): v128 {
  x = f32x4.max(x, f32x4.splat(-80));
  const turns = wholeTurns(x);
  const scale = power(i32x4.trunc_sat_f32x4_s(turns));
  return f32x4.add(f32x4.mul(series(remainder(x, turns)), scale), f32x4.sub(scale, f32x4.splat(1)));
}

function sigmoidOf(x: v128): v128 {
  const e = exponential(f32x4.neg(f32x4.abs(x)));
  const positive = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e));
  return v128.bitselect(f32x4.mul(e, positive), positive, f32x4.lt(x, f32x4.splat(0)));
}

function tanhOf(x: v128): v128 {
  const size = f32x4.abs(x);
  const m = exponentialMinus1(f32x4.mul(size, f32x4.splat(-2)));
  const positive = f32x4.div(f32x4.neg(m), f32x4.add(m, f32x4.splat(2)));
  return v128.bitselect(x, positive, i32x4.splat(<i32>0x80000000));
}

function eluOf(x: v128, alpha: v128): v128 {
  const left = f32x4.mul(alpha, exponentialMinus1(f32x4.min(x, f32x4.splat(0))));
  return v128.bitselect(x, left, f32x4.gt(x, f32x4.splat(0)));
}

/** y = e^x. */
export function exp(x: usize, y: usize, count: i32): void {
  const end = y + ((<usize>count) << 2);
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, exponential(v128.load(x)));
  for (; y < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(exponential(v128.load32_splat(x)), 0));
}

/** y = 1 / (1 + e^-x). */
export function sigmoid(x: usize, y: usize, count: i32): void {
  const end = y + ((<usize>count) << 2);
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, sigmoidOf(v128.load(x)));
  for (; y < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(sigmoidOf(v128.load32_splat(x)), 0));
}

/** y = tanh x. */
export function tanh(x: usize, y: usize, count: i32): void {
  const end = y + ((<usize>count) << 2);
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, tanhOf(v128.load(x)));
  for (; y < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(tanhOf(v128.load32_splat(x)), 0));
}

/** y = x > 0 ? x : alpha (e^x - 1). */
export function elu(x: usize, y: usize, count: i32, alpha: f32): void {
  const wide = f32x4.splat(alpha);
  const end = y + ((<usize>count) << 2);
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, eluOf(v128.load(x), wide));
  for (; y < end; x += 4, y += 4) store<f32>(y, f32x4.extract_lane(eluOf(v128.load32_splat(x), wide), 0));
}

/** dx = g y (1 - y). */
export function sigmoidGradient(y: usize, g: usize, dx: usize, count: i32): void {
  const end = dx + ((<usize>count) << 2);
  for (; dx + 16 <= end; y += 16, g += 16, dx += 16) {
    const v = v128.load(y);
    v128.store(dx, f32x4.mul(f32x4.mul(v128.load(g), v), f32x4.sub(f32x4.splat(1), v)));
  }
  for (; dx < end; y += 4, g += 4, dx += 4) {
    const v = load<f32>(y);
    store<f32>(dx, load<f32>(g) * v * (<f32>1 - v));
  }
}

/** dx = g (1 - y) (1 + y). */
export function tanhGradient(y: usize, g: usize, dx: usize, count: i32): void {
  const one = f32x4.splat(1);
  const end = dx + ((<usize>count) << 2);
  for (; dx + 16 <= end; y += 16, g += 16, dx += 16) {
    const v = v128.load(y);
    v128.store(dx, f32x4.mul(f32x4.mul(v128.load(g), f32x4.sub(one, v)), f32x4.add(one, v)));
  }
  for (; dx < end; y += 4, g += 4, dx += 4) {
    const v = load<f32>(y);
    store<f32>(dx, load<f32>(g) * (<f32>1 - v) * (<f32>1 + v));
  }
}

/** dx = y > 0 ? g : g (y + alpha). */
export function eluGradient(y: usize, g: usize, dx: usize, count: i32, alpha: f32): void {
  const wide = f32x4.splat(alpha);
  const end = dx + ((<usize>count) << 2);
  for (; dx + 16 <= end; y += 16, g += 16, dx += 16) {
    const v = v128.load(y);
    const grad = v128.load(g);
    v128.store(dx, v128.bitselect(grad, f32x4.mul(grad, f32x4.add(v, wide)), f32x4.gt(v, f32x4.splat(0))));
  }
  for (; dx < end; y += 4, g += 4, dx += 4) {
    const v = load<f32>(y);
    store<f32>(dx, v > 0 ? load<f32>(g) : load<f32>(g) * (v + alpha));
  }
}
