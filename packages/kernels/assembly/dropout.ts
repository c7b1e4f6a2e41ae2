// Elements that chance keeps.

/** hash32 of core's random stream mixes twice. */
function mix(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(<i32>0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

/** y = x factor where hash32(key, counter + i) < threshold, else 0. */
export function dropout(x: usize, y: usize, count: i32, key: i32, counter: i32, threshold: i32, factor: f32): void {
  const wideKey = i32x4.splat(key);
  const wideThreshold = i32x4.splat(threshold);
  const wideFactor = f32x4.splat(factor);
  let place = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3));
  const end = y + ((<usize>count) << 2);
  for (; y + 16 <= end; x += 16, y += 16) {
    const stays = i32x4.lt_u(mix(v128.xor(mix(place), wideKey)), wideThreshold);
    v128.store(y, v128.and(f32x4.mul(v128.load(x), wideFactor), stays));
    place = i32x4.add(place, i32x4.splat(4));
  }
  const stays = i32x4.lt_u(mix(v128.xor(mix(place), wideKey)), wideThreshold);
  if (y < end) store<f32>(y, i32x4.extract_lane(stays, 0) ? load<f32>(x) * factor : 0);
  if (y + 4 < end) store<f32>(y, i32x4.extract_lane(stays, 1) ? load<f32>(x, 4) * factor : 0, 4);
  if (y + 8 < end) store<f32>(y, i32x4.extract_lane(stays, 2) ? load<f32>(x, 8) * factor : 0, 8);
}
