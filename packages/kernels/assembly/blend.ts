// How running statistics take up new ones.

/** weight = w - rate g. */
export function sgd(w: usize, g: usize, weight: usize, count: i32, rate: f32): void {
  const wideRate = f32x4.splat(rate);
  const end = (<usize>count) << 2;
  let at: usize = 0;
  for (; at + 16 <= end; at += 16) {
    v128.store(weight + at, f32x4.sub(v128.load(w + at), f32x4.mul(wideRate, v128.load(g + at))));
  }
  for (; at < end; at += 4) store<f32>(weight + at, load<f32>(w + at) - rate * load<f32>(g + at));
}
