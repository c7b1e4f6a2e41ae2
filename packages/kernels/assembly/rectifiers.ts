// Functions that do one thing to positive values and another to the rest. Selected, so that NaN and infinities pass.

/** y = x <= 0 ? 0 : x, which lets NaN through. */
export function relu(x: usize, y: usize, count: i32): void {
  keepPositive(x, x, y, count);
}

/** dx = y <= 0 ? 0 : g. */
export function reluGradient(y: usize, g: usize, dx: usize, count: i32): void {
  keepPositive(y, g, dx, count);
}

function keepPositive(sign: usize, value: usize, out: usize, count: i32): void {
  const zero = f32x4.splat(0);
  const end = out + ((<usize>count) << 2);
  for (; out + 16 <= end; out += 16, sign += 16, value += 16) {
    v128.store(out, v128.andnot(v128.load(value), f32x4.le(v128.load(sign), zero)));
  }
  for (; out < end; out += 4, sign += 4, value += 4) {
    store<f32>(out, load<f32>(sign) <= 0 ? 0 : load<f32>(value));
  }
}

/** y = x > 0 ? x : slope x. */
export function leakyRelu(x: usize, y: usize, count: i32, slope: f32): void {
  slopeRun(x, x, y, (<usize>count) << 2, slope);
}

/** dx = v > 0 ? g : slope g, with v the input, or the output where the slope is not negative. */
export function leakyReluGradient(v: usize, g: usize, dx: usize, count: i32, slope: f32): void {
  slopeRun(v, g, dx, (<usize>count) << 2, slope);
}

function slopeRun(sign: usize, value: usize, out: usize, bytes: usize, slope: f32): void {
  const zero = f32x4.splat(0);
  const wide = f32x4.splat(slope);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const v = v128.load(value + at);
    v128.store(out + at, v128.bitselect(v, f32x4.mul(wide, v), f32x4.gt(v128.load(sign + at), zero)));
  }
  for (; at < bytes; at += 4) {
    const v = load<f32>(value + at);
    store<f32>(out + at, load<f32>(sign + at) > 0 ? v : slope * v);
  }
}

/** out = sign > 0 ? value : slope value over [outer, count, inner], with one slope for each place on the middle axis. */
export function prelu(sign: usize, value: usize, slopes: usize, out: usize, outer: i32, count: i32, inner: i32): void {
  const zero = f32x4.splat(0);
  const row = (<usize>count) << 2;
  const run = (<usize>inner) << 2;
  for (let o = 0; o < outer; o++) {
    let at: usize = 0;
    if (inner != 1) {
      for (; at < row; at += 4, sign += run, value += run, out += run) {
        slopeRun(sign, value, out, run, load<f32>(slopes + at));
      }
      continue;
    }
    for (; at + 16 <= row; at += 16) {
      const v = v128.load(value + at);
      const sloped = f32x4.mul(v128.load(slopes + at), v);
      v128.store(out + at, v128.bitselect(v, sloped, f32x4.gt(v128.load(sign + at), zero)));
    }
    for (; at < row; at += 4) {
      const v = load<f32>(value + at);
      store<f32>(out + at, load<f32>(sign + at) > 0 ? v : load<f32>(slopes + at) * v);
    }
    sign += row;
    value += row;
    out += row;
  }
}
