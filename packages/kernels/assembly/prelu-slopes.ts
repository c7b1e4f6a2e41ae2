// The gradient of PReLU's slopes: dslope = the sum of x > 0 ? 0 : g x over what the slope acted on, kept in float64.
import { high, low, storeFour } from './sums';

/** x and g are [outer, count, inner], with one slope for each place on the middle axis. */
export function preluSlopesGradient(x: usize, g: usize, dslopes: usize, outer: i32, count: i32, inner: i32): void {
  if (inner == 1) {
    byColumn(x, g, dslopes, outer, (<usize>count) << 2);
    return;
  }
  const run = (<usize>inner) << 2;
  for (let c = 0; c < count; c++, dslopes += 4) {
    let total: f64 = 0;
    for (let o = 0; o < outer; o++) total += sumRun(x, g, <usize>(o * count + c) * run, run);
    store<f32>(dslopes, <f32>total);
  }
}

function sumRun(x: usize, g: usize, at: usize, bytes: usize): f64 {
  const end = at + bytes;
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (; at + 16 <= end; at += 16) {
    const part = acted(v128.load(x + at), v128.load(g + at));
    a = f64x2.add(a, low(part));
    b = f64x2.add(b, high(part));
  }
  a = f64x2.add(a, b);
  let total = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; at < end; at += 4) total += actedOne(x + at, g + at);
  return total;
}

function byColumn(x: usize, g: usize, dslopes: usize, rows: i32, step: usize): void {
  const end = <usize>rows * step;
  let column: usize = 0;
  for (; column + 32 <= step; column += 32) {
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let at = column; at < end; at += step) {
      const part0 = acted(v128.load(x + at), v128.load(g + at));
      const part1 = acted(v128.load(x + at, 16), v128.load(g + at, 16));
      a = f64x2.add(a, low(part0));
      b = f64x2.add(b, high(part0));
      c = f64x2.add(c, low(part1));
      d = f64x2.add(d, high(part1));
    }
    storeFour(dslopes + column, a, b, 1);
    storeFour(dslopes + column + 16, c, d, 1);
  }
  for (; column < step; column += 4) {
    let total: f64 = 0;
    for (let at = column; at < end; at += step) total += actedOne(x + at, g + at);
    store<f32>(dslopes + column, <f32>total);
  }
}

function acted(x: v128, g: v128): v128 {
  return v128.andnot(f32x4.mul(x, g), f32x4.gt(x, f32x4.splat(0)));
}

function actedOne(x: usize, g: usize): f64 {
  const value = load<f32>(x);
  return value > 0 ? 0 : <f64>value * <f64>load<f32>(g);
}
