import { AssertionError } from 'chai';

/** How far float32 results may be from a float64 reference. */
export interface Tolerance {
  /** Per element, of its own size. Default 2e-5. */
  relative?: number;
  /** Per element, of the largest finite size in the whole reference: rounding of sums that cancel. Default 2e-6. */
  ofLargest?: number;
  /** Per element, whatever the sizes: rounding of a 1 that is taken away again. Default 0. */
  absolute?: number;
  /** Whether +0 and -0 differ. Default false. */
  signedZeros?: boolean;
}

/** GPUs may flush float32 numbers below this to 0. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * The one place that decides what agrees. NaN agrees with NaN only, an infinity with the same infinity only, and a
 * reference without any size is compared exactly: no absolute tolerance could take a zero for an answer.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  { relative = 2e-5, ofLargest = 2e-6, absolute = 0, signedZeros = false }: Tolerance = {},
): void {
  if (actual.length !== expected.length) {
    throw new AssertionError(`${what}: ${actual.length} elements instead of ${expected.length}`);
  }
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]!));
  }
  let worst = { excess: 1, at: -1 };
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (!Number.isFinite(a) || !Number.isFinite(e) || (signedZeros && e === 0)) {
      // Past float32's range a finite float64 reference rounds to an infinity.
      if (!Object.is(a, e) && !Object.is(a, Math.fround(e))) worst = { excess: Infinity, at: i };
      continue;
    }
    const allowed = relative * Math.abs(e) + ofLargest * largest + absolute + SMALLEST_NORMAL;
    const excess = a === e ? 0 : Math.abs(a - e) / allowed;
    if (excess > worst.excess) worst = { excess, at: i };
  }
  if (worst.at < 0) return;
  const { at } = worst;
  throw new AssertionError(
    `${what}: element ${at} of ${expected.length} is ${actual[at]} instead of ${expected[at]}` +
      (Number.isFinite(worst.excess) ? ` (${worst.excess.toFixed(1)} times the tolerance)` : ''),
    { actual: [...Array.from(actual)].slice(0, 20), expected: [...Array.from(expected)].slice(0, 20), showDiff: false },
  );
}
