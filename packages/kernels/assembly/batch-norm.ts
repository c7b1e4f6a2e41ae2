// Training batch norm over x[places, maps], channels last.
import { high, low, storeFour, sumColumns } from './sums';

/**
 * y = scale (x - mean) inverse + bias, with the mean, biased variance and inverse = 1 / sqrt(variance + epsilon) of each
 * map. The variance is taken around the mean: sums of squares would cancel. `factors` is scratch for one float a map.
 */
export function batchNorm(
  x: usize,
  scale: usize,
  bias: usize,
  y: usize,
  mean: usize,
  variance: usize,
  inverse: usize,
  places: i32,
  maps: i32,
  epsilon: f64,
  factors: usize,
): void {
  const share: f64 = 1 / <f64>places;
  const step = (<usize>maps) << 2;
  const end = x + <usize>places * step;
  sumColumns(x, places, maps, share, mean);
  sumSquares(x, end, step, mean, share, variance);
  for (let at: usize = 0; at < step; at += 4) {
    const root = <f32>(1 / Math.sqrt(<f64>load<f32>(variance + at) + epsilon));
    store<f32>(inverse + at, root);
    store<f32>(factors + at, root * load<f32>(scale + at));
  }
  for (; x < end; x += step, y += step) {
    let at: usize = 0;
    for (; at + 16 <= step; at += 16) {
      const deviation = f32x4.sub(v128.load(x + at), v128.load(mean + at));
      v128.store(y + at, f32x4.add(f32x4.mul(deviation, v128.load(factors + at)), v128.load(bias + at)));
    }
    for (; at < step; at += 4) {
      const deviation = load<f32>(x + at) - load<f32>(mean + at);
      store<f32>(y + at, deviation * load<f32>(factors + at) + load<f32>(bias + at));
    }
  }
}

/** The mean of (x - mean)^2, less what the rounding of the means adds to it: the square of the mean of x - mean. */
function sumSquares(x: usize, end: usize, step: usize, mean: usize, share: f64, out: usize): void {
  let at: usize = 0;
  for (; at + 16 <= step; at += 16) {
    const centre = v128.load(mean + at);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let p = x + at; p < end; p += step) {
      const deviation = f32x4.sub(v128.load(p), centre);
      const first = low(deviation);
      const last = high(deviation);
      a = f64x2.add(a, f64x2.mul(first, first));
      b = f64x2.add(b, f64x2.mul(last, last));
      c = f64x2.add(c, first);
      d = f64x2.add(d, last);
    }
    const wide = f64x2.splat(share);
    const before = f64x2.sub(a, f64x2.mul(wide, f64x2.mul(c, c)));
    const behind = f64x2.sub(b, f64x2.mul(wide, f64x2.mul(d, d)));
    const zero = f64x2.splat(0);
    storeFour(out + at, f64x2.max(before, zero), f64x2.max(behind, zero), share);
  }
  for (; at < step; at += 4) {
    const centre = load<f32>(mean + at);
    let squares: f64 = 0;
    let sum: f64 = 0;
    for (let p = x + at; p < end; p += step) {
      const deviation = <f64>(load<f32>(p) - centre);
      squares += deviation * deviation;
      sum += deviation;
    }
    store<f32>(out + at, <f32>(max<f64>(squares - sum * sum * share, 0) * share));
  }
}

/**
 * dbias = sum of g, dscale = inverse times the sum of g (x - mean), and dx = a g + b (x - mean) + d with one a, b and d
 * for each map: gradFactors, deviationFactors and shifts, in `coefficients`, which is scratch of three floats a map.
 */
export function batchNormGradient(
  x: usize,
  g: usize,
  scale: usize,
  mean: usize,
  inverse: usize,
  dx: usize,
  dscale: usize,
  dbias: usize,
  places: i32,
  maps: i32,
  coefficients: usize,
): void {
  const step = (<usize>maps) << 2;
  const end = x + <usize>places * step;
  sumColumns(g, places, maps, 1, dbias);
  sumProducts(x, g, end, step, mean, dscale);
  const gradFactors = coefficients;
  const deviationFactors = gradFactors + step;
  const shifts = deviationFactors + step;
  const share: f64 = 1 / <f64>places;
  for (let at: usize = 0; at < step; at += 4) {
    const root = <f64>load<f32>(inverse + at);
    const a = <f64>load<f32>(scale + at) * root;
    const products = <f64>load<f32>(dscale + at);
    store<f32>(dscale + at, <f32>(products * root));
    store<f32>(gradFactors + at, <f32>a);
    store<f32>(deviationFactors + at, <f32>(-a * root * root * products * share));
    store<f32>(shifts + at, <f32>(-a * <f64>load<f32>(dbias + at) * share));
  }
  for (; x < end; x += step, g += step, dx += step) {
    let at: usize = 0;
    for (; at + 16 <= step; at += 16) {
      const deviation = f32x4.sub(v128.load(x + at), v128.load(mean + at));
      const own = f32x4.mul(v128.load(g + at), v128.load(gradFactors + at));
      const shared = f32x4.add(f32x4.mul(deviation, v128.load(deviationFactors + at)), v128.load(shifts + at));
      v128.store(dx + at, f32x4.add(own, shared));
    }
    for (; at < step; at += 4) {
      const deviation = load<f32>(x + at) - load<f32>(mean + at);
      const shared = deviation * load<f32>(deviationFactors + at) + load<f32>(shifts + at);
      store<f32>(dx + at, load<f32>(g + at) * load<f32>(gradFactors + at) + shared);
    }
  }
}

function sumProducts(x: usize, g: usize, end: usize, step: usize, mean: usize, out: usize): void {
  let at: usize = 0;
  for (; at + 32 <= step; at += 32) {
    const m0 = v128.load(mean + at);
    const m1 = v128.load(mean + at, 16);
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let p = x + at, q = g + at; p < end; p += step, q += step) {
      const s0 = f32x4.mul(f32x4.sub(v128.load(p), m0), v128.load(q));
      const s1 = f32x4.mul(f32x4.sub(v128.load(p, 16), m1), v128.load(q, 16));
      a = f64x2.add(a, low(s0));
      b = f64x2.add(b, high(s0));
      c = f64x2.add(c, low(s1));
      d = f64x2.add(d, high(s1));
    }
    storeFour(out + at, a, b, 1);
    storeFour(out + at + 16, c, d, 1);
  }
  for (; at < step; at += 4) {
    const centre = load<f32>(mean + at);
    let total: f64 = 0;
    for (let p = x + at, q = g + at; p < end; p += step, q += step) {
      total += <f64>(load<f32>(p) - centre) * <f64>load<f32>(q);
    }
    store<f32>(out + at, <f32>total);
  }
}
