// Softmax along the middle axis of [outer, count, inner], and its gradient.
import { exponential, exponentialOf, logarithm } from './exponentials';
import { high, low } from './sums';

/** y = e^(x - m) / sum e^(x - m) with the largest m, or the logarithm of it, (x - m) - ln sum e^(x - m). */
export function softmax(x: usize, outer: i32, count: i32, inner: i32, y: usize, isLog: bool): void {
  const step = (<usize>inner) << 2;
  const size = step * <usize>count;
  for (let o = 0; o < outer; o++, x += size, y += size) {
    if (inner == 1) softmaxRow(x, count, y, isLog);
    else {
      let at: usize = 0;
      for (; at + 16 <= step; at += 16) softmaxColumns(x + at, x + at + size, step, y + at, isLog, false);
      for (; at < step; at += 4) softmaxColumns(x + at, x + at + size, step, y + at, isLog, true);
    }
  }
}

function softmaxRow(x: usize, count: i32, y: usize, isLog: bool): void {
  const end = x + ((<usize>count) << 2);
  const fours = x + ((<usize>(count & ~3)) << 2);
  const eights = x + ((<usize>(count & ~7)) << 2);
  const toResult = y - x;
  // What is NaN is left out, and makes NaN of the sum.
  let most = f32x4.splat(-Infinity);
  let more = most;
  let p = x;
  for (; p < eights; p += 32) {
    most = f32x4.pmax(most, v128.load(p));
    more = f32x4.pmax(more, v128.load(p, 16));
  }
  most = f32x4.pmax(most, more);
  if (p < fours) most = f32x4.pmax(most, v128.load(p));
  most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  most = f32x4.pmax(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  let largest = f32x4.extract_lane(most, 0);
  for (p = fours; p < end; p += 4) largest = largest < load<f32>(p) ? load<f32>(p) : largest;

  const m = f32x4.splat(largest);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  // Two at a step, for processors to do at once.
  for (p = x; p < eights; p += 32) {
    const e = exponential(f32x4.sub(v128.load(p), m));
    const f = exponential(f32x4.sub(v128.load(p, 16), m));
    if (!isLog) {
      v128.store(p + toResult, e);
      v128.store(p + toResult, f, 16);
    }
    const both = f32x4.add(e, f);
    a = f64x2.add(a, low(both));
    b = f64x2.add(b, high(both));
  }
  a = f64x2.add(a, b);
  let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; p < end; p += 4) {
    const e = exponentialOf(load<f32>(p) - largest);
    if (!isLog) store<f32>(p + toResult, e);
    sum += <f64>e;
  }

  if (isLog) {
    const last = <f32>logarithm(sum);
    for (p = x; p < fours; p += 16) {
      v128.store(p + toResult, f32x4.sub(f32x4.sub(v128.load(p), m), f32x4.splat(last)));
    }
    for (; p < end; p += 4) store<f32>(p + toResult, load<f32>(p) - largest - last);
  } else {
    const last = <f32>sum;
    for (p = y; p < fours + toResult; p += 16) v128.store(p, f32x4.div(v128.load(p), f32x4.splat(last)));
    for (; p < end + toResult; p += 4) store<f32>(p, load<f32>(p) / last);
  }
}

/** Four columns, or one. */
function softmaxColumns(x: usize, end: usize, step: usize, y: usize, isLog: bool, one: bool): void {
  const toResult = y - x;
  let m = f32x4.splat(-Infinity);
  for (let p = x; p < end; p += step) m = f32x4.pmax(m, read(p, one));
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let p = x; p < end; p += step) {
    const e = exponential(f32x4.sub(read(p, one), m));
    if (!isLog) write(p + toResult, e, one);
    a = f64x2.add(a, low(e));
    b = f64x2.add(b, high(e));
  }
  if (isLog) {
    const logs = f32x4(
      <f32>logarithm(f64x2.extract_lane(a, 0)),
      <f32>logarithm(f64x2.extract_lane(a, 1)),
      <f32>logarithm(f64x2.extract_lane(b, 0)),
      <f32>logarithm(f64x2.extract_lane(b, 1)),
    );
    for (let p = x; p < end; p += step) write(p + toResult, f32x4.sub(f32x4.sub(read(p, one), m), logs), one);
  } else {
    const sums = v128.shuffle<i64>(v128.demote_zero<f64>(a), v128.demote_zero<f64>(b), 0, 2);
    for (let p = y; p < end + toResult; p += step) write(p, f32x4.div(read(p, one), sums), one);
  }
}

function read(at: usize, one: bool): v128 {
  return one ? v128.load32_splat(at) : v128.load(at);
}

function write(at: usize, value: v128, one: bool): void {
  if (one) v128.store32_lane(at, value, 0);
  else v128.store(at, value);
}

/** What goes back through it, from its result y: y (g - sum g y), or of the logarithm g - e^y sum g. */
export function softmaxGradient(y: usize, g: usize, outer: i32, count: i32, inner: i32, dx: usize, isLog: bool): void {
  const step = (<usize>inner) << 2;
  const size = step * <usize>count;
  for (let o = 0; o < outer; o++, y += size, g += size, dx += size) {
    if (inner == 1) gradientRow(y, g, count, dx, isLog);
    else {
      let at: usize = 0;
      for (; at + 16 <= step; at += 16) gradientColumns(y + at, g + at, size, step, dx + at, isLog, false);
      for (; at < step; at += 4) gradientColumns(y + at, g + at, size, step, dx + at, isLog, true);
    }
  }
}

function gradientRow(y: usize, g: usize, count: i32, dx: usize, isLog: bool): void {
  const end = (<usize>count) << 2;
  const fours = (<usize>(count & ~3)) << 2;
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let at: usize = 0;
  for (; at < fours; at += 16) {
    const part = isLog ? v128.load(g + at) : f32x4.mul(v128.load(g + at), v128.load(y + at));
    a = f64x2.add(a, low(part));
    b = f64x2.add(b, high(part));
  }
  a = f64x2.add(a, b);
  let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (; at < end; at += 4) sum += <f64>(isLog ? load<f32>(g + at) : load<f32>(g + at) * load<f32>(y + at));
  const sums = f32x4.splat(<f32>sum);
  for (at = 0; at < fours; at += 16) v128.store(dx + at, flow(v128.load(y + at), v128.load(g + at), sums, isLog));
  for (; at < end; at += 4) {
    v128.store32_lane(dx + at, flow(v128.load32_splat(y + at), v128.load32_splat(g + at), sums, isLog), 0);
  }
}

function gradientColumns(y: usize, g: usize, size: usize, step: usize, dx: usize, isLog: bool, one: bool): void {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let at: usize = 0; at < size; at += step) {
    const part = isLog ? read(g + at, one) : f32x4.mul(read(g + at, one), read(y + at, one));
    a = f64x2.add(a, low(part));
    b = f64x2.add(b, high(part));
  }
  const sums = v128.shuffle<i64>(v128.demote_zero<f64>(a), v128.demote_zero<f64>(b), 0, 2);
  for (let at: usize = 0; at < size; at += step) {
    write(dx + at, flow(read(y + at, one), read(g + at, one), sums, isLog), one);
  }
}

function flow(y: v128, g: v128, sums: v128, isLog: bool): v128 {
  return isLog ? f32x4.sub(g, f32x4.mul(exponential(y), sums)) : f32x4.mul(y, f32x4.sub(g, sums));
}
