import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as f from './formula.js';
import type { Formula, Operation } from './formula.js';
import * as numerics from './simd-numerics.js';
import type { SimdCode, SimdInstruction } from './simd-code.js';
import { cosineTensor, sineTensor } from './waves.js';

/** All that is known of one operation. Special values and stable forms are settled here, once for every backend. */
export interface Primitive {
  /** What it is, in float64; conditions are 1 and 0. The other columns are held against it. */
  meaning: (...args: number[]) => number;
  /** The slope by each argument, of the result and the arguments; conditions have none. */
  slopes?: readonly ((result: Formula, ...args: Formula[]) => Formula)[];
  /** A better way to write it for some arguments. */
  rewrite?: (...args: Formula[]) => Formula | undefined;
  /** Written with other primitives: the body of columns that are left out. */
  as?: (...args: Formula[]) => Formula;
  /** On vec4; conditions are bvec4. */
  glsl?: (...args: string[]) => string;
  /** An instruction, or several on values of `SimdCode`; conditions are masks. */
  simd?: SimdInstruction | ((code: SimdCode, ...args: number[]) => number);
  /** An op of tfjs. */
  tfjs: (...args: Tensor[]) => Tensor;
}

const call =
  (name: string) =>
  (...args: string[]) =>
    `${name}(${args.join(', ')})`;
const infix = (symbol: string) => (a: string, b: string) => `${a} ${symbol} ${b}`;

const zero = f.constant(0);
const one = f.constant(1);
/** The slopes of a choice between two arguments. */
const ofChoice = (second: (a: Formula, b: Formula) => f.Condition): NonNullable<Primitive['slopes']> => [
  (_, a, b) => f.select(second(a, b), 0, 1),
  (_, a, b) => f.select(second(a, b), 1, 0),
];

/** Products and roots, which lose no digits. */
function exactPower(a: Formula, exponent: number): Formula | undefined {
  const count = Math.abs(exponent);
  if (count === 0.5) {
    const root = f.select(f.ge(a, 0), f.sqrt(f.abs(a)), f.select(f.eq(a, -Infinity), Infinity, NaN));
    return exponent > 0 ? root : f.div(1, root);
  }
  return f.isExactPower(exponent) ? product(exponent < 0 ? f.div(1, a) : a, count) : undefined;
}

function product(factor: Formula, count: number): Formula {
  if (count === 1) return factor;
  const half = product(factor, Math.floor(count / 2));
  const even = f.mul(half, half);
  return count % 2 === 0 ? even : f.mul(even, factor);
}

/** A number where x is finite, and NaN elsewhere: what shaders fold, as if there were nothing else. */
const whereFinite = (x: Formula, value: number): Formula => f.select(f.lt(f.abs(x), Infinity), value, NaN);
const isZero = ({ op, value }: Formula): boolean => op === 'constant' && value === 0;

/** The polynomial with these factors, that of the highest power first. */
const polynomial = (x: Formula, [first, ...others]: readonly number[]): Formula =>
  others.reduce<Formula>((sum, factor) => f.add(f.mul(sum, x), factor), f.constant(first!));

/** To the nearest whole number, and to the even one of two that are as near, as IEEE 754 rounds. */
function rounded(a: number): number {
  const fractions = 2 ** 52; // from here on there are none
  if (!(Math.abs(a) < fractions)) return a;
  return a > 0 ? a + fractions - fractions : a < 0 ? -(fractions - a - fractions) : a;
}

const TWO_BY_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** The series of Kummer, of which all terms have one sign. */
function errorFunction(a: number): number {
  if (Math.abs(a) > 6) return Math.sign(a); // with all digits of a float64
  let [term, sum] = [a, a];
  for (let n = 1; Math.abs(term) > Math.abs(sum) * Number.EPSILON * 0.1; n++) sum += term *= (2 * a * a) / (2 * n + 1);
  return TWO_BY_ROOT_PI * Math.exp(-a * a) * sum;
}

/** erf(x) / x by x^2 up to 1, and ln(1 - erf(x)) by x from 1 to 4, best in the error of erf: 1.2e-9 of it. */
const ERF_NEAR = [
  7.853861173126308e-5, -8.010193570655235e-4, 5.188327679528792e-3, -2.6853811932032224e-2, 1.1283585148535845e-1,
  -3.7612625824226054e-1, 1.128379165726709,
];
const ERF_FAR = [
  1.863792092788369e-4, -2.9476584713889944e-3, 2.1838064662702376e-2, -1.0310675588058826e-1, -6.381448313840776e-1,
  -1.1270891909441187, -3.41522845854432e-4,
];

/** tfjs's own division on webgl returns 1 wherever both are the same, also for 0 / 0 and Infinity / Infinity. */
function quotient(a: Tensor, b: Tensor): Tensor {
  const isUndefined = tf.logicalAnd(tf.equal(a, b), tf.logicalOr(tf.equal(a, 0), tf.equal(tf.abs(a), Infinity)));
  return tf.where(isUndefined, tf.scalar(NaN), tf.div(a, b));
}

export const primitives: Record<Operation, Primitive> = {
  add: {
    meaning: (a, b) => a + b,
    slopes: [() => one, () => one],
    glsl: infix('+'),
    simd: 'add',
    tfjs: (a, b) => tf.add(a, b),
  },
  sub: {
    meaning: (a, b) => a - b,
    slopes: [() => one, () => f.constant(-1)],
    rewrite: (a, b) => (a === b ? whereFinite(a, 0) : undefined),
    glsl: infix('-'),
    simd: 'sub',
    tfjs: (a, b) => tf.sub(a, b),
  },
  mul: {
    meaning: (a, b) => a * b,
    slopes: [(_, __, b) => b, (_, a) => a],
    rewrite: (a, b) => (isZero(a) ? whereFinite(b, 0) : isZero(b) ? whereFinite(a, 0) : undefined),
    glsl: infix('*'),
    simd: 'mul',
    tfjs: (a, b) => tf.mul(a, b),
  },
  div: {
    meaning: (a, b) => a / b,
    slopes: [(_, __, b) => f.div(1, b), (y, _, b) => f.neg(f.div(y, b))],
    rewrite: (a, b) => (a === b ? f.select(f.eq(a, 0), NaN, whereFinite(a, 1)) : undefined),
    glsl: infix('/'),
    simd: 'div',
    tfjs: quotient,
  },
  neg: {
    meaning: (a) => -a,
    slopes: [() => f.constant(-1)],
    glsl: (a) => `-${a}`,
    simd: 'neg',
    tfjs: (a) => tf.neg(a),
  },
  abs: {
    meaning: (a) => Math.abs(a),
    // Chosen, not multiplied: at 0 nothing goes on, whatever comes back.
    slopes: [(_, a) => f.select(f.gt(a, 0), 1, f.select(f.lt(a, 0), -1, f.select(f.eq(a, 0), 0, a)))],
    glsl: call('abs'),
    simd: 'abs',
    tfjs: (a) => tf.abs(a),
  },
  min: {
    meaning: (a, b) => Math.min(a, b),
    slopes: ofChoice(f.ge),
    rewrite: (a, b) => (b.op === 'constant' ? f.select(f.ge(a, b), b, a) : undefined),
    glsl: call('smaller'),
    simd: 'min',
    tfjs: (a, b) => tf.minimum(a, b),
  },
  max: {
    meaning: (a, b) => Math.max(a, b),
    slopes: ofChoice(f.le),
    rewrite: (a, b) => (b.op === 'constant' ? f.select(f.le(a, b), b, a) : undefined),
    glsl: call('larger'),
    simd: 'max',
    tfjs: (a, b) => tf.maximum(a, b),
  },
  floor: {
    meaning: (a) => Math.floor(a),
    slopes: [() => zero],
    glsl: call('floor'),
    simd: 'floor',
    tfjs: (a) => tf.floor(a),
  },
  ceil: {
    meaning: (a) => Math.ceil(a),
    slopes: [() => zero],
    glsl: call('ceil'),
    simd: 'ceil',
    tfjs: (a) => tf.ceil(a),
  },
  round: {
    meaning: rounded,
    slopes: [() => zero],
    glsl: call('roundEven'),
    simd: 'nearest',
    tfjs: (a) => tf.round(a),
  },
  sign: {
    meaning: (a) => Math.sign(a),
    slopes: [() => zero],
    as: (a) => f.select(f.gt(a, 0), 1, f.select(f.lt(a, 0), -1, a)),
    tfjs: (a) => tf.where(tf.greater(a, 0), tf.onesLike(a), tf.where(tf.less(a, 0), tf.fill(a.shape, -1), a)),
  },
  sqrt: {
    meaning: (a) => Math.sqrt(a),
    slopes: [(y) => f.div(0.5, y)],
    glsl: call('squareRoot'),
    simd: 'sqrt',
    tfjs: (a) => tf.sqrt(a),
  },
  exp: {
    meaning: (a) => Math.exp(a),
    slopes: [(y) => y],
    glsl: call('exponential'),
    simd: numerics.exponential,
    tfjs: (a) => tf.exp(a),
  },
  expm1: {
    meaning: (a) => Math.expm1(a),
    slopes: [(_, a) => f.exp(a)],
    glsl: call('expMinus1'),
    simd: numerics.exponentialMinus1,
    tfjs: (a) => tf.expm1(a),
  },
  log: {
    meaning: (a) => Math.log(a),
    slopes: [(_, a) => f.div(1, a)],
    glsl: call('logarithm'),
    simd: numerics.logarithm,
    tfjs: (a) => tf.log(a),
  },
  log1p: {
    meaning: (a) => Math.log1p(a),
    slopes: [(_, a) => f.div(1, f.add(1, a))],
    glsl: call('logPlus1'),
    // What 1 + a was rounded by is a part of a; where nothing is left of a, a is the logarithm.
    as: (a) => {
      const u = f.add(1, a);
      const lost = f.select(f.lt(f.abs(a), 1), f.div(f.sub(a, f.sub(u, 1)), u), 0);
      return f.select(f.eq(u, 1), a, f.add(f.log(u), lost));
    },
    tfjs: (a) => tf.log1p(a),
  },
  pow: {
    meaning: (a, b) => Math.pow(a, b),
    // x^0 is 1 everywhere: its slope is 0 also at 0, where 0 times 1 / 0 would be NaN.
    slopes: [
      (_, a, b) => (b.op === 'constant' ? f.mul(b, f.pow(a, b.value - 1)) : f.chain(b, f.pow(a, f.sub(b, 1)))),
      (y, a) => f.chain(y, f.log(a)),
    ],
    rewrite: (a, b) => (b.op === 'constant' ? exactPower(a, b.value) : undefined),
    glsl: call('power'),
    simd: numerics.generalPower,
    tfjs: (a, b) => tf.pow(a, b),
  },
  sigmoid: {
    meaning: (a) => (a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a))),
    slopes: [(y, a) => f.mul(y, f.sigmoid(f.neg(a)))], // 1 - y has no digits left where y is almost 1
    as: (a) => {
      const e = f.exp(f.neg(f.abs(a)));
      const right = f.div(1, f.add(1, e));
      return f.select(f.lt(a, 0), f.mul(e, right), right);
    },
    tfjs: (a) => tf.sigmoid(a),
  },
  tanh: {
    meaning: (a) => Math.tanh(a),
    slopes: [(y) => f.mul(f.sub(1, y), f.add(1, y))],
    as: (a) => {
      const m = f.expm1(f.mul(f.min(a, 10), 2)); // from 9.1 on it is 1 in float32
      return f.div(m, f.add(m, 2));
    },
    tfjs: (a) => tf.tanh(a),
  },
  softplus: {
    meaning: (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))),
    slopes: [(_, a) => f.sigmoid(a)],
    as: (a) => f.add(f.max(a, 0), f.log1p(f.exp(f.neg(f.abs(a))))),
    tfjs: (a) => tf.add(tf.maximum(a, 0), tf.log1p(tf.exp(tf.neg(tf.abs(a))))),
  },
  sin: {
    meaning: (a) => Math.sin(a),
    slopes: [(_, a) => f.cos(a)],
    glsl: call('sine'),
    simd: numerics.sine,
    tfjs: sineTensor,
  },
  cos: {
    meaning: (a) => Math.cos(a),
    slopes: [(_, a) => f.neg(f.sin(a))],
    glsl: call('cosine'),
    simd: numerics.cosine,
    tfjs: cosineTensor,
  },
  erf: {
    meaning: errorFunction,
    slopes: [(_, a) => f.mul(TWO_BY_ROOT_PI, f.exp(f.neg(f.mul(a, a))))],
    as: (a) => {
      const size = f.min(f.abs(a), 4); // from 3.9 on it is 1 in float32
      const far = f.sub(1, f.exp(polynomial(size, ERF_FAR)));
      const near = f.mul(a, polynomial(f.mul(a, a), ERF_NEAR));
      return f.select(f.lt(size, 1), near, f.select(f.lt(a, 0), f.neg(far), far));
    },
    tfjs: (a) => tf.erf(a),
  },
  gt: {
    meaning: (a, b) => Number(a > b),
    glsl: call('greaterThan'),
    simd: 'gt',
    tfjs: (a, b) => tf.greater(a, b),
  },
  ge: {
    meaning: (a, b) => Number(a >= b),
    glsl: call('greaterThanEqual'),
    simd: 'ge',
    tfjs: (a, b) => tf.greaterEqual(a, b),
  },
  eq: {
    meaning: (a, b) => Number(a === b),
    glsl: call('equal'),
    simd: 'eq',
    tfjs: (a, b) => tf.equal(a, b),
  },
  select: {
    meaning: (condition, yes, no) => (condition ? yes : no),
    glsl: (condition, yes, no) => `mix(${no}, ${yes}, ${condition})`,
    // Processors have no instruction for the choice of bits, but for taking them away.
    simd: (code, condition, yes, no) => {
      if (code.isZero(yes)) return code.run('without', no, condition);
      return code.isZero(no) ? code.run('and', yes, condition) : code.run('bitselect', yes, no, condition);
    },
    tfjs: (condition, yes, no) => tf.where(condition, yes, no),
  },
  chain: {
    meaning: (g, slope) => (g === 0 ? g : g * slope),
    slopes: [(_, __, slope) => slope, (_, g) => g],
    as: (g, slope) => f.select(f.eq(g, 0), g, f.mul(g, slope)),
    tfjs: (g, slope) => tf.where(tf.equal(g, 0), g, tf.mul(g, slope)),
  },
};
