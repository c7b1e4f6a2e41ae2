import {
  backendName,
  collectGarbage,
  describeAllBodies,
  describeBodies,
  expectClose,
  itCollects,
} from '@tessera-nn/testing';
import { broadcastTo, dispose, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { defineElementwise } from '../elementwise/elementwise.js';
import { runKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';
import { derivative, gradientThrough, isZero } from './differentiate.js';
import { evaluated } from './evaluate.js';
import * as f from './formula.js';
import type { Formula } from './formula.js';
import { primitives } from './primitives.js';

const [x, y] = [f.input('x'), f.input('y')];

/** Every primitive of numbers, as a function of x, or of x and y. */
const functions: readonly Formula[] = [
  ...[f.neg, f.abs, f.floor, f.sign, f.sqrt, f.exp, f.expm1, f.log, f.log1p, f.sigmoid, f.tanh, f.softplus].map((of) =>
    of(x),
  ),
  ...[f.ceil, f.round, f.sin, f.cos, f.erf].map((of) => of(x)),
  ...[f.add, f.sub, f.mul, f.div, f.min, f.max, f.pow, f.chain].map((of) => of(x, y)),
  ...[f.gt, f.ge, f.lt, f.le, f.eq].map((of) => f.select(of(x, y), 1, 2)),
  ...[f.gt, f.ge, f.lt, f.le].flatMap((of) => [f.select(of(x, y), x, y), f.select(of(x, 0), 0, x)]),
  ...[f.mul(0, x), f.mul(x, 0), f.sub(x, x), f.div(x, x)],
  ...[-8, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 8, 11, 1.5].map((exponent) => f.pow(x, exponent)),
];
const named = (formula: Formula): string => {
  const { op, args, name, value } = formula;
  return args.length ? `${op}(${(args as Formula[]).map(named).join(', ')})` : name || String(value);
};

const specials = [0, -0, 1, -1, 0.5, 2, -2, 1e-30, -1e-30, 1e30, -1e30, Infinity, -Infinity, NaN, 1e-40, -1e-40];
const pairs = specials.flatMap((a) => specials.map((b) => [a, b] as const));
/** An odd number of them: the last are computed one by one. */
const ordinary = Array.from({ length: 501 }, (_, i) => [6 * Math.sin(i * 12.9898), 3 * Math.sin(i * 78.233)] as const);
const columns = (of: readonly (readonly [number, number])[]) => ({
  x: Float32Array.from(of, ([a]) => a),
  y: Float32Array.from(of, ([, b]) => b),
});

/** How many random formulas; each is a program to compile. */
const RANDOM = backendName === 'webgl' ? 25 : 100;
/** As many results as any device draws at once. */
const AT_ONCE = 4;

async function computed(formulas: readonly Formula[], inputs: ReturnType<typeof columns>): Promise<Float32Array[]> {
  const kernel = defineElementwise({
    name: `Spec ${named(formulas[0]!)}`,
    inputs: ['x', 'y'],
    formula: () => Object.fromEntries(formulas.map((formula, i) => [`result${i}`, formula])),
  });
  const tensors = { x: tensor(inputs.x), y: tensor(inputs.y) };
  const results = runKernel(kernel, tensors, {});
  const values = await Promise.all(results.map((result) => result.data() as Promise<Float32Array>));
  dispose([tensors.x, tensors.y, ...results]);
  return values;
}

/** How large the error of an operation may be, of its result: shaders are allowed more than processors. */
const NOISE = backendName === 'webgl' ? 1e-6 : 2e-7;
/** GPUs may take numbers below this for 0. */
const SMALLEST_NORMAL = backendName === 'webgl' ? 2 ** -126 : 2 ** -149;

/** The formula operation by operation in float32, each wrong by as much as `noise` says. */
function rounded(formula: Formula, values: { x: number; y: number }, noise: () => number): number {
  const results = new Map<object, number>();
  const flushed = (value: number) => (Math.abs(value) < SMALLEST_NORMAL && noise() > 0 ? value * 0 : value);
  for (const node of f.nodesOf(formula)) {
    const { op, args, name, value } = node;
    if (op === 'input') results.set(node, flushed(values[name as 'x']));
    else if (op === 'constant' || op === 'parameter') results.set(node, value);
    else {
      const exact = primitives[op].meaning(...args.map((arg) => results.get(arg)!));
      const isExact = [
        'select',
        'gt',
        'ge',
        'eq',
        'abs',
        'neg',
        'min',
        'max',
        'floor',
        'ceil',
        'round',
        'sign',
      ].includes(op);
      const wrong = exact === 0 ? exact : exact * (1 + NOISE * noise()) + SMALLEST_NORMAL * noise();
      results.set(node, flushed(isExact ? exact : Math.fround(wrong)));
    }
  }
  return results.get(formula)!;
}

/** Holds what the backend computes against what any sequence of such errors can make of it. */
async function expectWithinNoise(formulas: readonly Formula[], inputs: ReturnType<typeof columns>): Promise<void> {
  for (let from = 0; from < formulas.length; from += AT_ONCE) {
    const together = formulas.slice(from, from + AT_ONCE);
    const values = await computed(together, inputs);
    together.forEach((formula, i) => checkWithinNoise(formula, values[i]!, inputs));
  }
}

function checkWithinNoise(formula: Formula, actual: Float32Array, inputs: ReturnType<typeof columns>): void {
  const exact = evaluated(formula, { inputs, params: {} }, actual.length);
  let seed = 1;
  const noise = () => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2 - 1;
  actual.forEach((value, i) => {
    const at = { x: inputs.x[i]!, y: inputs.y[i]! };
    const noises = [() => 0, () => 1, ...new Array<typeof noise>(10).fill(noise)];
    const around = noises.map((errors) => rounded(formula, at, errors));
    if (around.some((one) => Number.isFinite(one) !== Number.isFinite(around[0]))) return; // at the edge of a pole
    const finite = [...around, exact[i]!].filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const reach = 2 * (high - low) + 4 * NOISE * Math.max(Math.abs(low), Math.abs(high)) + SMALLEST_NORMAL;
    const fits = Number.isFinite(around[0])
      ? value >= low - reach && value <= high + reach
      : around.some((one) => Object.is(one, value));
    if (fits || Object.is(Math.fround(exact[i]!), value)) return;
    throw new Error(`${named(formula)} of ${at.x}, ${at.y} is ${value} instead of ${exact[i]}, ${around.join(', ')}`);
  });
}

describeBodies('formulas', () => {
  for (const formula of functions) {
    const slopes = ['x', 'y'].map((name) => derivative(formula, name));
    const seconds = ['x', 'y'].map((name, i) => derivative(slopes[i]!, name));
    const all = [formula, ...slopes, ...seconds].filter((one) => !isZero(one));

    it(`computes ${named(formula)} and its derivatives of ordinary and special numbers`, async () => {
      await expectWithinNoise(all, columns([...ordinary, ...pairs]));
    });
  }

  it('repeats rows, columns and single numbers, each along axes of its own', async () => {
    const kernel = defineElementwise({
      name: 'SpecOfRepeated',
      inputs: ['x', 'y', 'z'],
      formula: ({ x, y, z }) => f.add(f.mul(x, 100), f.add(f.mul(y, 10), z)),
    });
    const cases: [x: number[], y: number[], z: number[], result: number[]][] = [
      [[3, 5], [5], [3, 1], [3, 5]],
      [
        [1, 5],
        [3, 1],
        [3, 5],
        [3, 5],
      ],
      [
        [2, 1, 5],
        [3, 1],
        [2, 3, 5],
        [2, 3, 5],
      ],
      [[], [4], [2, 1], [2, 4]],
    ];
    for (const [x, y, z, result] of cases) {
      const counting = (shape: number[]) =>
        tensor(
          Float32Array.from({ length: sizeOf(shape) }, (_, i) => i),
          shape,
        );
      const tensors = { x: counting(x), y: counting(y), z: counting(z) };
      const y0 = runKernel(kernel, tensors, {});
      expect(y0.shape).to.deep.equal(result);
      const full = Object.values(tensors).map((one) => broadcastTo(one, result));
      const [xs, ys, zs] = await Promise.all(full.map((one) => one.data()));
      expect([...(await y0.data())]).to.deep.equal([...xs!].map((value, i) => 100 * value + 10 * ys![i]! + zs![i]!));
      dispose([...Object.values(tensors), ...full, y0]);
    }
  });

  it('computes random formulas of up to 20 operations, and their derivatives', async function () {
    this.timeout(120_000);
    const unary = [
      f.neg,
      f.abs,
      f.floor,
      f.ceil,
      f.round,
      f.erf,
      f.sqrt,
      f.exp,
      f.expm1,
      f.log,
      f.log1p,
      f.sigmoid,
      f.tanh,
      f.softplus,
    ];
    const binary = [f.add, f.sub, f.mul, f.div, f.min, f.max, f.chain];
    const step = fc.tuple(fc.nat(2), fc.nat(), fc.nat(), fc.nat(), fc.nat());
    const programs = fc.array(step, { minLength: 1, maxLength: 20 }).map((steps) => {
      const made: Formula[] = [x, y, f.constant(0.5), f.constant(-3)];
      for (const [kind, which, ...picked] of steps) {
        const [a, b, c] = picked.map((at) => made[made.length - 1 - (at % Math.min(made.length, 6))]!) as [
          Formula,
          Formula,
          Formula,
        ];
        if (kind === 0) made.push(unary[which % unary.length]!(a));
        else if (kind === 1) made.push(binary[which % binary.length]!(a, b));
        else made.push(f.select([f.gt, f.ge, f.eq][which % 3]!(a, b), b, c));
      }
      return made.at(-1)!;
    });
    const inputs = columns([...ordinary.slice(0, 61), ...pairs.slice(0, 60)]);
    await fc.assert(
      fc.asyncProperty(programs, async (formula) => {
        await expectWithinNoise([formula, derivative(formula, 'x')], inputs);
      }),
      { seed: 20261128, numRuns: RANDOM },
    );
  });
});

describeAllBodies('formulas on more axes than tfjs has', () => {
  it('fills seven axes with constants and parameters', async () => {
    const kernel = defineElementwise({
      name: 'SpecOfSevenAxes',
      inputs: ['x'],
      params: ['p'],
      formula: ({ x, p }) => ({ constant: f.constant(2), parameter: p, both: f.add(x, p) }),
    });
    const x = tensor([1, 2, 3, 4], [1, 2, 1, 1, 2, 1, 1]);
    const results = runKernel(kernel, { x }, { p: 3 });
    for (const { shape } of results) expect(shape).to.deep.equal(x.shape);
    const values = await Promise.all(results.map(async (result) => [...(await result.data())]));
    expect(values).to.deep.equal([
      [2, 2, 2, 2],
      [3, 3, 3, 3],
      [4, 5, 6, 7],
    ]);
    dispose([x, ...results]);
  });
});

describe('formulas', () => {
  it('are one node where they are equal', () => {
    expect(f.add(f.mul(x, y), 1)).to.equal(f.add(f.mul(x, y), 1));
    expect(f.constant(0)).not.to.equal(f.constant(-0));
    expect(f.constant(0.1)).to.equal(f.constant(Math.fround(0.1)));
    expect(f.nodesOf(f.mul(f.exp(x), f.exp(x)))).to.have.length(3);
  });

  itCollects('are held no longer than by who made them', async () => {
    const [gone, held] = [new WeakRef(f.add(x, 123.25)), f.add(x, 123.5)];
    await collectGarbage();
    expect(gone.deref()).to.equal(undefined);
    expect(f.add(x, 123.5)).to.equal(held);
    expect(f.add(x, 123.25)).to.equal(f.add(x, 123.25));
  });

  it('have the derivatives that differences say', () => {
    const at = { x: 0.7, y: 1.3 };
    const valueAt = (formula: Formula, point: typeof at) =>
      evaluated(formula, { inputs: { x: [point.x], y: [point.y] }, params: {} }, 1)[0]!;
    for (const formula of functions) {
      for (const name of ['x', 'y'] as const) {
        const moved = (by: number) => valueAt(formula, { ...at, [name]: at[name] + by });
        const difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expectClose([valueAt(derivative(formula, name), at)], [difference], `${named(formula)} by ${name}`, {
          relative: 1e-7,
          ofLargest: 1e-7,
        });
      }
    }
  });

  it('know the error function to the last digits', () => {
    const known = { '1e-10': 1.1283791670955126e-10, 0.1: 0.1124629160182849, 0.5: 0.5204998778130465 };
    const further = { 1: 0.8427007929497149, 2: 0.9953222650189527, 3.5: 0.9999992569016276, 7: 1 };
    for (const [at, value] of Object.entries({ ...known, ...further })) {
      for (const sign of [1, -1]) {
        const found = primitives.erf.meaning(sign * Number(at));
        expect(found, `erf(${sign * Number(at)})`).to.be.closeTo(sign * value, 1e-15 * value);
      }
    }
  });

  it('round halves to even, and keep the sign of zeros', () => {
    const numbers = [0.5, 1.5, 2.5, -0.5, -1.5, 0.3, -0.3, -0, 2 ** 52 - 0.5, -(2 ** 53), Infinity, NaN];
    const expected = [0, 2, 2, -0, -2, 0, -0, -0, 2 ** 52, -(2 ** 53), Infinity, NaN];
    expect(numbers.map((number) => primitives.round.meaning(number))).to.deep.equal(expected);
  });

  it('simplify what is known of a slope', () => {
    expect(named(derivative(f.add(x, 1), 'x'))).to.equal('1');
    expect(isZero(derivative(f.exp(y), 'x'))).to.equal(true);
    expect(named(derivative(f.max(x, 0), 'x'))).to.equal('select(ge(0, x), 0, 1)');
    expect(named(gradientThrough(derivative(f.max(x, 0), 'x'), y))).to.equal('select(ge(0, x), 0, y)');
    expect(named(derivative(f.pow(x, 3), 'x'))).to.equal('mul(3, pow(x, 2))');
  });

  it('let nothing go on where nothing comes back, also behind a pole and for NaN', () => {
    for (const formula of [f.sqrt(x), f.log(x), f.div(1, x), f.exp(x), f.sigmoid(f.exp(x)), f.pow(x, 1.5)]) {
      const back = gradientThrough(derivative(formula, 'x'), y);
      const inputs = { x: [0, -1, NaN, Infinity, 1e30], y: [0, 0, 0, 0, 0] };
      const slopes = [...evaluated(back, { inputs, params: {} }, 5)].map(Math.abs);
      expect(slopes, named(formula)).to.deep.equal([0, 0, 0, 0, 0]);
    }
  });

  it('choose a slope of 0 whatever stands around the choice, also where infinity comes back', () => {
    const low = f.min(x, 2);
    for (const [formula, at] of [
      [f.mul(3, low), 5],
      [f.mul(low, -0.5), 5],
      [f.neg(f.neg(low)), 5],
      [f.sub(x, low), 1],
      [f.add(f.mul(2, f.max(x, 0)), f.mul(-2, low)), 1],
      [f.max(f.div(low, 4), 0), 5],
    ] as const) {
      const back = gradientThrough(derivative(formula, 'x'), y);
      const [slope] = evaluated(back, { inputs: { x: [at], y: [Infinity] }, params: {} }, 1);
      expect(Math.abs(slope!), named(formula)).to.equal(0);
    }
  });

  it('ask whether anything comes back only where a slope has no bound', () => {
    const asks = (formula: Formula) =>
      f.nodesOf(gradientThrough(derivative(formula, 'x'), y)).some(({ op }) => op === 'chain');
    const slope = f.parameter('slope');
    for (const bounded of [f.sigmoid(x), f.max(x, 0), f.select(f.gt(x, 0), x, f.mul(x, slope))]) {
      expect(asks(bounded), named(bounded)).to.equal(false);
    }
    for (const endless of [f.sqrt(x), f.exp(x), f.mul(x, x), f.sigmoid(f.mul(x, x)), f.div(1, x), f.pow(x, 1.5)]) {
      expect(asks(endless), named(endless)).to.equal(true);
    }
    const ofOutput = (finite: readonly string[]) => gradientThrough(f.mul(f.sub(1, x), f.add(1, x)), y, finite);
    expect(ofOutput([]).op).to.equal('chain');
    expect(ofOutput(['x']).op).to.equal('mul');
    expect([...evaluated(ofOutput(['x']), { inputs: { x: [0.5, 1], y: [0, 3] }, params: {} }, 2)]).to.deep.equal([
      0, 0,
    ]);
  });

  it('follow the table of kinks', () => {
    const slopeAt = (formula: Formula, at: number) =>
      evaluated(derivative(formula, 'x'), { inputs: { x: [at] }, params: {} }, 1)[0];
    expect(slopeAt(f.abs(x), 0)).to.equal(0);
    expect(slopeAt(f.abs(x), NaN)).to.deep.equal(NaN);
    expect(slopeAt(f.max(x, 0), 0)).to.equal(0);
    expect(slopeAt(f.max(x, 0), NaN)).to.equal(1);
    const clip = f.min(f.max(x, -0.7), 0.7);
    expect([-5, -0.7, 0, 0.7, 5].map((at) => slopeAt(clip, Math.fround(at)))).to.deep.equal([0, 0, 1, 0, 0]);
    expect(slopeAt(f.floor(x), 0.5)).to.equal(0);
  });
});
