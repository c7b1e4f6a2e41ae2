// The largest or smallest values along the middle axis of [outer, count, inner]; NaN where there is one.

export function extremeMiddle(x: usize, outer: i32, count: i32, inner: i32, out: usize, isLeast: bool): void {
  const step = (<usize>inner) << 2;
  const size = step * <usize>count;
  for (let o = 0; o < outer; o++, x += size, out += step) {
    if (inner == 1) extremeRow(x, count, out, isLeast);
    else {
      let at: usize = 0;
      for (; at + 16 <= step; at += 16) {
        let found = v128.load(x + at);
        for (let p = x + at + step; p < x + size; p += step) found = chosen(found, v128.load(p), isLeast);
        v128.store(out + at, found);
      }
      for (; at < step; at += 4) {
        let found = v128.load32_splat(x + at);
        for (let p = x + at + step; p < x + size; p += step) found = chosen(found, v128.load32_splat(p), isLeast);
        v128.store32_lane(out + at, found, 0);
      }
    }
  }
}

function extremeRow(x: usize, count: i32, out: usize, isLeast: bool): void {
  const end = x + ((<usize>count) << 2);
  let found = v128.load32_splat(x);
  for (; x + 16 <= end; x += 16) found = chosen(found, v128.load(x), isLeast);
  for (; x < end; x += 4) found = chosen(found, v128.load32_splat(x), isLeast);
  found = chosen(found, v128.shuffle<i32>(found, found, 2, 3, 0, 1), isLeast);
  found = chosen(found, v128.shuffle<i32>(found, found, 1, 0, 3, 2), isLeast);
  v128.store32_lane(out, found, 0);
}

function chosen(a: v128, b: v128, isLeast: bool): v128 {
  return isLeast ? f32x4.min(a, b) : f32x4.max(a, b);
}
