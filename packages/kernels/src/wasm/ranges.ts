/** 0 to `count` in parts of `step`, the last with what is left. One empty part for a count of 0. */
export function ranges(count: number, step: number): (readonly [from: number, to: number])[] {
  const parts = Math.max(1, Math.ceil(count / step));
  return Array.from({ length: parts }, (_, part) => [part * step, Math.min(count, (part + 1) * step)] as const);
}
