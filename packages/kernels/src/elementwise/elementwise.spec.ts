import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import {
  add,
  elu,
  exp,
  expm1,
  greater,
  log,
  log1p,
  memory,
  mul,
  pow,
  sigmoid,
  softplus,
  tanh,
  tensor,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { ValueError } from '../errors.js';
import { runKernel } from '../kernel.js';
import { defineElementwise } from './elementwise.js';

type Unary = (x: number) => number;

/** The functions that GLSL lacks or gets wrong near 0, each as one row. */
function unary(name: string, glsl: string, scalar: Unary, compose: (x: Tensor) => Tensor) {
  return defineElementwise<'x'>({ name, inputs: ['x'], scalar, glsl, compose: ({ x }) => compose(x) });
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const softPlus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const rows: { name: string; kernel: ReturnType<typeof unary>; exact: Unary }[] = [
  { name: 'exponential', kernel: unary('SpecExponential', 'exponential(x)', Math.exp, exp), exact: Math.exp },
  { name: 'logarithm', kernel: unary('SpecLogarithm', 'logarithm(x)', Math.log, log), exact: Math.log },
  { name: 'expMinus1', kernel: unary('SpecExpMinus1', 'expMinus1(x)', Math.expm1, expm1), exact: Math.expm1 },
  { name: 'logPlus1', kernel: unary('SpecLogPlus1', 'logPlus1(x)', Math.log1p, log1p), exact: Math.log1p },
  {
    name: 'hyperbolicTangent',
    kernel: unary('SpecTanh', 'hyperbolicTangent(x)', Math.tanh, tanh),
    exact: Math.tanh,
  },
  { name: 'logistic', kernel: unary('SpecLogistic', 'logistic(x)', logistic, sigmoid), exact: logistic },
  {
    name: 'softPlus',
    // tfjs's softplus of NaN is NaN, of Infinity Infinity; Math.max lets NaN through as well.
    kernel: unary('SpecSoftPlus', 'softPlus(x)', softPlus, softplus),
    exact: softPlus,
  },
];

/** Both signs of numbers from 1e-30 to 88, where exp leaves float32; densest where polynomials meet exp and log. */
const everySize = Float32Array.from(
  [
    ...Array.from({ length: 120 }, (_, i) => 10 ** (-30 + i / 4)),
    ...Array.from({ length: 200 }, (_, i) => 0.2 + i * 0.001),
    ...Array.from({ length: 88 }, (_, i) => i + 0.37),
  ].flatMap((size) => [size, -size]),
);
const special = Float32Array.of(0, -0, 1, -1, 1e30, -1e30, Infinity, -Infinity, NaN);

/** What every kernel here must reach in every element. */
const bound = { relative: 2e-6, ofLargest: 0 };

describe(`elementwise programs [${backendName}]`, () => {
  onBackend();

  for (const { name, kernel, exact } of rows) {
    it(`computes ${name} to 2e-6 of every value, however small`, async () => {
      const y = runKernel(kernel, { x: tensor(everySize) }, {});
      expectClose(await y.data(), Float64Array.from(everySize, exact), name, bound);
    });

    it(`computes ${name} of zeros, infinities and NaN`, async () => {
      const y = runKernel(kernel, { x: tensor(special) }, {});
      expectClose(await y.data(), Float64Array.from(special, exact), name, { ...bound, signedZeros: true });
    });
  }

  const power = defineElementwise<'x', 'exponent'>({
    name: 'SpecPower',
    inputs: ['x'],
    params: ['exponent'],
    scalar: (x, exponent) => Math.pow(x, exponent),
    glsl: 'power(x, exponent)',
    compose: ({ x }, { exponent }) => pow(x, exponent),
  });

  for (const exponent of [2, 3, 0.5, 1.5, -0.5, -1, -2, 0, 1, 7, 11, -11]) {
    it(`computes the power ${exponent} near 0, at infinities and in between`, async () => {
      // Where it is no product, a shader's pow keeps about 1e-7 for each power of two of the result.
      const reach = Number.isInteger(exponent) && Math.abs(exponent) <= 8 ? Infinity : 16;
      const inReach = everySize.filter((x) => Math.abs(Math.log2(Math.abs(x)) * exponent) < reach);
      const x = Float32Array.of(...special, ...inReach);
      const y = runKernel(power, { x: tensor(x) }, { exponent });
      const expected = Float64Array.from(x, (value) => Math.pow(value, exponent));
      expectClose(await y.data(), expected, `power ${exponent}`, { ...bound, signedZeros: true });
    });
  }

  it('hands inputs and params on in the order of the row, and frees what it makes', async () => {
    const kernel = defineElementwise<'a' | 'b' | 'c', 'p' | 'q'>({
      name: 'SpecOrder',
      inputs: ['a', 'b', 'c'],
      params: ['p', 'q'],
      scalar: (a, b, c, p, q) => (a > 0 ? b * p : c * q),
      glsl: 'a > 0.0 ? b * p : c * q',
      compose: ({ a, b, c }, { p, q }) => where(greater(a, 0), mul(b, p), mul(c, q)),
    });
    const [a, b, c] = [tensor([1, -1, 1]), tensor([1, 2, 3]), tensor([10, 20, 30])];
    const before = memory().numTensors;
    const y = runKernel(kernel, { a, b, c }, { p: 2, q: 3 });
    expect([...(await y.data())]).to.deep.equal([2, 60, 6]);
    expect(memory().numTensors - before).to.equal(1);
  });

  it('knows the place of an element as flatIndex in GLSL', async () => {
    const kernel = defineElementwise<'x', 'first'>({
      name: 'SpecPlace',
      inputs: ['x'],
      params: ['first'],
      scalar: (x, first) => x * 0 + first,
      glsl: 'x * 0.0 + first + float(flatIndex) * 0.0',
      compose: ({ x }, { first }) => add(mul(x, 0), first),
    });
    const y = runKernel(kernel, { x: tensor([1, 2, 3, 4], [2, 2]) }, { first: 7 });
    expect(y.shape).to.deep.equal([2, 2]);
    expect([...(await y.data())]).to.deep.equal([7, 7, 7, 7]);
  });

  it('takes whole numbers and gives float32', async () => {
    const kernel = unary('SpecElu', 'x < 0.0 ? expMinus1(x) : x', (x) => (x < 0 ? Math.expm1(x) : x), elu);
    const y = runKernel(kernel, { x: tensor([-1, 2], [2], 'int32') }, {});
    expect(y.dtype).to.equal('float32');
    expectClose(await y.data(), [Math.expm1(-1), 2], 'elu', bound);
  });

  it('takes tensors without elements', async () => {
    const y = runKernel(rows[0]!.kernel, { x: tensor([], [0, 2]) }, {});
    expect(y.shape).to.deep.equal([0, 2]);
    expect(await y.data()).to.have.length(0);
  });

  it('refuses a row of more inputs or params than its loops hand on', () => {
    const row = { name: 'SpecTooMany', inputs: ['x'], scalar: () => 0, glsl: '0.0', compose: () => tensor(0) } as const;
    expect(() => defineElementwise<'x', 'a' | 'b' | 'c'>({ ...row, params: ['a', 'b', 'c'] })).to.throw(
      ValueError,
      'SpecTooMany takes more than its loops can hand on. Expected at most 3 inputs and 2 params, received 1 and 3.',
    );
  });
});
