// Functions of four floats. NaN passes, and infinities go where the functions tend to.
import type { HostFunction, SimdCode } from './simd-code.js';
import { COSINE, FARTHEST, QUARTERS, SINE } from './waves.js';

const LOG2_E = Math.LOG2E;
/** ln 2 in two parts: whole numbers of up to nine bits times the first are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** Beyond these e^x is 0 and Infinity in float32. */
const [LOWEST, HIGHEST] = [-104, 89];
const MANTISSA_BITS = 23;
const EXPONENT_OF_1 = 127;
const SIGN = 1 << 31;

function horner(code: SimdCode, x: number, [first, ...others]: readonly number[]): number {
  return others.reduce(
    (sum, factor) => code.run('add', code.run('mul', sum, x), code.constant(factor)),
    code.constant(first!),
  );
}

/** e^r - 1 for r between -ln 2 / 2 and ln 2 / 2, by its Taylor series to r^7, good to half a unit of the last place. */
function series(code: SimdCode, r: number): number {
  const sum = horner(code, r, [1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5]);
  return code.run('add', code.run('mul', code.run('mul', sum, r), r), r);
}

/** x = n ln 2 + r with a whole n; n, and e^r - 1. */
function parted(code: SimdCode, x: number): { n: number; near: number } {
  const turns = code.run('nearest', code.run('mul', x, code.constant(LOG2_E)));
  const coarse = code.run('sub', x, code.run('mul', turns, code.constant(LN2_HIGH)));
  const r = code.run('sub', coarse, code.run('mul', turns, code.constant(LN2_LOW)));
  return { n: code.run('toWhole', turns), near: series(code, r) };
}

const bounded = (code: SimdCode, x: number, lowest: number): number =>
  code.run('upper', code.run('lower', x, code.constant(HIGHEST)), code.constant(lowest));

/** 2^n of a whole n between -126 and 127. */
const power = (code: SimdCode, n: number): number =>
  code.shift('left', code.run('addWhole', n, code.whole(EXPONENT_OF_1)), MANTISSA_BITS);

/** (1 + near) 2^n. The power of two is applied in halves: e^-100 and e^88.7 have exponents that one float has not. */
function scaled(code: SimdCode, near: number, n: number): number {
  const half = code.shift('right', n, 1);
  const lower = code.run('mul', code.run('add', near, code.constant(1)), power(code, half));
  return code.run('mul', lower, power(code, code.run('subWhole', n, half)));
}

export function exponential(code: SimdCode, x: number): number {
  const { n, near } = parted(code, bounded(code, x, LOWEST));
  return scaled(code, near, n);
}

/** By half of 2^n, which may be too large for a float. */
export function exponentialMinus1(code: SimdCode, x: number): number {
  const { n, near } = parted(code, bounded(code, x, -80));
  const half = code.shift('left', code.run('addWhole', n, code.whole(EXPONENT_OF_1 - 1)), MANTISSA_BITS);
  const rest = code.run('sub', half, code.constant(0.5));
  const size = code.run('mul', code.run('add', code.run('mul', near, half), rest), code.constant(2));
  return code.run('bitselect', x, size, code.whole(SIGN)); // -0 stays -0
}

/** The least normal number; what is below it has no leading 1 in its bits. */
const SMALLEST_NORMAL = 2 ** -126;
const [SQRT_HALF_BITS] = new Int32Array(Float32Array.of(Math.SQRT1_2).buffer);

/** x = 2^k m with m between sqrt(1 / 2) and sqrt(2): k, and ln m = 2 atanh(s) with s = f / (2 + f), f = m - 1, in parts. */
function partedLogarithm(code: SimdCode, x: number) {
  const isSmall = code.run('lt', x, code.constant(SMALLEST_NORMAL));
  const normal = code.run('bitselect', code.run('mul', x, code.constant(2 ** MANTISSA_BITS)), x, isSmall);
  const turns = code.shift('right', code.run('subWhole', normal, code.whole(SQRT_HALF_BITS!)), MANTISSA_BITS);
  const m = code.run('subWhole', normal, code.shift('left', turns, MANTISSA_BITS));
  const k = code.run('sub', code.run('toFloat', turns), code.run('and', isSmall, code.constant(MANTISSA_BITS)));
  const f = code.run('sub', m, code.constant(1));
  const s = code.run('div', f, code.run('add', code.constant(2), f));
  const z = code.run('mul', s, s);
  const higher = code.run('mul', z, horner(code, z, [2 / 9, 2 / 7, 2 / 5, 2 / 3]));
  const halfSquare = code.run('mul', code.constant(0.5), code.run('mul', f, f));
  return { k, f, halfSquare, tail: code.run('mul', s, code.run('add', halfSquare, higher)) };
}

/** The logarithm of its parts, and what it is where x has none. */
function joined(code: SimdCode, x: number, { k, f, halfSquare, tail }: ReturnType<typeof partedLogarithm>): number {
  const low = code.run('add', tail, code.run('mul', k, code.constant(LN2_LOW)));
  const nearby = code.run('sub', f, code.run('sub', halfSquare, low));
  const result = code.run('add', nearby, code.run('mul', k, code.constant(LN2_HIGH)));
  const infinity = code.constant(Infinity);
  const isOrdinary = code.run('and', code.run('gt', x, code.constant(0)), code.run('lt', x, infinity));
  const beyond = code.run('bitselect', infinity, code.constant(NaN), code.run('eq', x, infinity));
  const special = code.run('bitselect', code.constant(-Infinity), beyond, code.run('eq', x, code.constant(0)));
  return code.run('bitselect', result, special, isOrdinary);
}

export const logarithm = (code: SimdCode, x: number): number => joined(code, x, partedLogarithm(code, x));

/** Its first 12 bits: times a whole number of up to 8 bits a float without rounding. */
const UPPER_BITS = -1 << 12;

/** x^e, with the whole powers of two of |x|^e kept apart, so that large results lose no digits. */
export function generalPower(code: SimdCode, x: number, e: number): number {
  const size = code.run('abs', x);
  const parts = partedLogarithm(code, size);
  const { k, f, halfSquare, tail } = parts;
  const upper = code.run('mul', code.run('and', e, code.whole(UPPER_BITS)), k);
  const lower = code.run('mul', code.run('sub', e, code.run('and', e, code.whole(UPPER_BITS))), k);
  const rest = code.run('mul', e, code.run('sub', f, code.run('sub', halfSquare, tail)));
  const twos = code.run('add', code.run('add', code.run('mul', rest, code.constant(LOG2_E)), lower), upper);
  const turns = code.run('nearest', twos);
  const left = code.run('add', code.run('sub', upper, turns), lower);
  const r = code.run('add', code.run('mul', left, code.constant(Math.LN2)), rest);
  const ordinary = scaled(code, series(code, r), code.run('toWhole', turns));

  // Far out it is 0 or Infinity, and NaN where the exponent is infinite and x is 1.
  const whole = code.run('mul', e, joined(code, size, parts));
  const far = code.run('max', code.run('mul', whole, code.constant(Infinity)), code.constant(0));
  const isNear = code.run(
    'and',
    code.run('gt', whole, code.constant(LOWEST)),
    code.run('lt', whole, code.constant(HIGHEST)),
  );
  const magnitude = code.run('bitselect', ordinary, far, isNear);

  const half = code.run('mul', e, code.constant(0.5));
  const isEven = code.run('eq', code.run('floor', half), half);
  const isWhole = code.run('eq', code.run('floor', e), e);
  const isOdd = code.run('bitselect', code.whole(0), isWhole, isEven);
  const signed = code.run('or', magnitude, code.run('and', code.run('and', x, code.whole(SIGN)), isOdd));
  const isLeft = code.run('and', code.run('lt', x, code.constant(0)), code.run('gt', x, code.constant(-Infinity)));
  const ofOther = code.run('bitselect', code.constant(NaN), signed, isLeft);
  const ofAny = code.run('bitselect', signed, ofOther, isWhole);
  return code.run('bitselect', code.constant(1), ofAny, code.run('eq', e, code.constant(0)));
}

/** A wave by the quarter of a turn that x lies in, and by its distance from where that begins or ends. */
function wave(code: SimdCode, x: number, { from, farther }: { from: 0 | 1; farther: HostFunction }): number {
  const turns = code.run('nearest', code.run('mul', x, code.constant(1 / (Math.PI / 2))));
  const r = QUARTERS.reduce<number>(
    (rest, part) => code.run('sub', rest, code.run('mul', turns, code.constant(part))),
    x,
  );
  const z = code.run('mul', r, r);
  const bends = code.run('mul', z, horner(code, z, SINE));
  const odd = code.run('add', r, code.run('mul', r, bends));
  const even = horner(code, z, COSINE);
  const quarter = code.run('addWhole', code.run('toWhole', turns), code.whole(from));
  const isOdd = code.shift('right', code.shift('left', quarter, 31), 31);
  const isBelow = code.run('and', code.shift('left', quarter, 30), code.whole(SIGN));
  const near = code.run('xor', code.run('bitselect', even, odd, isOdd), isBelow);
  return code.orByHost(code.run('gt', x, code.constant(FARTHEST)), near, farther, x);
}

export function sine(code: SimdCode, x: number): number {
  const right = wave(code, code.run('abs', x), { from: 0, farther: 'sin' });
  return code.run('xor', right, code.run('and', x, code.whole(SIGN)));
}

export const cosine = (code: SimdCode, x: number): number =>
  wave(code, code.run('abs', x), { from: 1, farther: 'cos' });
