// One step of an optimizer for one Variable. What is new goes to new tensors: XNNPACK keeps packed copies of weights by
// tensor, and an update that fails half-way must leave everything as it was.

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

/** next = momentum mom + rate g; weight = w - next. */
export function momentumSgd(
  w: usize,
  g: usize,
  mom: usize,
  weight: usize,
  next: usize,
  count: i32,
  rate: f32,
  momentum: f32,
): void {
  const wideRate = f32x4.splat(rate);
  const wideMomentum = f32x4.splat(momentum);
  const end = (<usize>count) << 2;
  let at: usize = 0;
  for (; at + 16 <= end; at += 16) {
    const moved = f32x4.add(f32x4.mul(wideMomentum, v128.load(mom + at)), f32x4.mul(wideRate, v128.load(g + at)));
    v128.store(next + at, moved);
    v128.store(weight + at, f32x4.sub(v128.load(w + at), moved));
  }
  for (; at < end; at += 4) {
    const moved = momentum * load<f32>(mom + at) + rate * load<f32>(g + at);
    store<f32>(next + at, moved);
    store<f32>(weight + at, load<f32>(w + at) - moved);
  }
}

/** next = momentum mom + rate g; weight = w - momentum next - rate g, the same as looking ahead along next. */
export function nesterovSgd(
  w: usize,
  g: usize,
  mom: usize,
  weight: usize,
  next: usize,
  count: i32,
  rate: f32,
  momentum: f32,
): void {
  const wideRate = f32x4.splat(rate);
  const wideMomentum = f32x4.splat(momentum);
  const end = (<usize>count) << 2;
  let at: usize = 0;
  for (; at + 16 <= end; at += 16) {
    const scaled = f32x4.mul(wideRate, v128.load(g + at));
    const moved = f32x4.add(f32x4.mul(wideMomentum, v128.load(mom + at)), scaled);
    v128.store(next + at, moved);
    const ahead = f32x4.add(f32x4.mul(wideMomentum, moved), scaled);
    v128.store(weight + at, f32x4.sub(v128.load(w + at), ahead));
  }
  for (; at < end; at += 4) {
    const scaled = rate * load<f32>(g + at);
    const moved = momentum * load<f32>(mom + at) + scaled;
    store<f32>(next + at, moved);
    store<f32>(weight + at, load<f32>(w + at) - (momentum * moved + scaled));
  }
}

/**
 * mean = beta1 mg + rest1 g; squares = beta2 ms + rest2 g^2; weight = w - rate mean / (sqrt squares + epsilon).
 * rest is 1 - beta, which float32 would cancel away here for a beta near 1.
 */
export function adam(
  w: usize,
  g: usize,
  mg: usize,
  ms: usize,
  weight: usize,
  mean: usize,
  squares: usize,
  count: i32,
  rate: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  epsilon: f32,
): void {
  const wideRate = f32x4.splat(rate);
  const wideBeta1 = f32x4.splat(beta1);
  const wideRest1 = f32x4.splat(rest1);
  const wideBeta2 = f32x4.splat(beta2);
  const wideRest2 = f32x4.splat(rest2);
  const wideEpsilon = f32x4.splat(epsilon);
  const end = (<usize>count) << 2;
  let at: usize = 0;
  for (; at + 16 <= end; at += 16) {
    const grad = v128.load(g + at);
    const m = f32x4.add(f32x4.mul(v128.load(mg + at), wideBeta1), f32x4.mul(grad, wideRest1));
    const s = f32x4.add(f32x4.mul(v128.load(ms + at), wideBeta2), f32x4.mul(f32x4.mul(grad, grad), wideRest2));
    v128.store(mean + at, m);
    v128.store(squares + at, s);
    const step = f32x4.div(f32x4.mul(wideRate, m), f32x4.add(f32x4.sqrt(s), wideEpsilon));
    v128.store(weight + at, f32x4.sub(v128.load(w + at), step));
  }
  for (; at < end; at += 4) {
    const grad = load<f32>(g + at);
    const m = load<f32>(mg + at) * beta1 + grad * rest1;
    const s = load<f32>(ms + at) * beta2 + grad * grad * rest2;
    store<f32>(mean + at, m);
    store<f32>(squares + at, s);
    store<f32>(weight + at, load<f32>(w + at) - (rate * m) / (sqrt<f32>(s) + epsilon));
  }
}
