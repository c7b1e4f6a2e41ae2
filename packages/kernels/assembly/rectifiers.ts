// PRelu, which does one thing to positive values and another to the rest. Selected, so that NaN and infinities pass.

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
