// Sums of float32 values, kept in float64: a float32 sum of ones stops at 2^24, and one of 1e7 tenths is off by 9 %.

/** The first two of four floats, as doubles. */
export function low(x: v128): v128 {
  return v128.promote_low<f32>(x);
}

/** The last two of four floats, as doubles. */
export function high(x: v128): v128 {
  return v128.promote_low<f32>(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
}

/** Stores four doubles as floats, each multiplied by `factor`. */
export function storeFour(to: usize, first: v128, second: v128, factor: f64): void {
  const wide = f64x2.splat(factor);
  const a = v128.demote_zero<f64>(f64x2.mul(first, wide));
  const b = v128.demote_zero<f64>(f64x2.mul(second, wide));
  v128.store(to, v128.shuffle<i64>(a, b, 0, 2));
}

/** out[outer, inner] = the sum of x[outer, count, inner] over its middle axis. */
export function sumMiddle(x: usize, outer: i32, count: i32, inner: i32, out: usize): void {
  const size = (<usize>count * <usize>inner) << 2;
  for (let o = 0; o < outer; o++, x += size, out += (<usize>inner) << 2) {
    if (inner == 1) store<f32>(out, <f32>sumRun(x, count));
    else sumColumns(x, count, inner, 1, out);
  }
}

function sumRun(x: usize, count: i32): f64 {
  const end = x + ((<usize>count) << 2);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  for (; x + 32 <= end; x += 32) {
    a = f64x2.add(a, low(v128.load64_zero(x)));
    b = f64x2.add(b, low(v128.load64_zero(x, 8)));
    c = f64x2.add(c, low(v128.load64_zero(x, 16)));
    d = f64x2.add(d, low(v128.load64_zero(x, 24)));
  }
  a = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let total = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; x < end; x += 4) total += <f64>load<f32>(x);
  return total;
}

/** out[c] = factor times the sum of x[rows, columns] over rows; eight columns at a time stay in registers. */
export function sumColumns(x: usize, rows: i32, columns: i32, factor: f64, out: usize): void {
  const step = (<usize>columns) << 2;
  const end = x + <usize>rows * step;
  let at: usize = 0;
  for (; at + 32 <= step; at += 32) {
    let a = f64x2.splat(0);
    let b = f64x2.splat(0);
    let c = f64x2.splat(0);
    let d = f64x2.splat(0);
    for (let p = x + at; p < end; p += step) {
      a = f64x2.add(a, low(v128.load64_zero(p)));
      b = f64x2.add(b, low(v128.load64_zero(p, 8)));
      c = f64x2.add(c, low(v128.load64_zero(p, 16)));
      d = f64x2.add(d, low(v128.load64_zero(p, 24)));
    }
    storeFour(out + at, a, b, factor);
    storeFour(out + at + 16, c, d, factor);
  }
  for (; at < step; at += 4) {
    let total: f64 = 0;
    for (let p = x + at; p < end; p += step) total += <f64>load<f32>(p);
    store<f32>(out + at, <f32>(total * factor));
  }
}
