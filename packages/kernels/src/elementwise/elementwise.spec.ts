import { describeBodies, expectClose } from '@tessera-nn/testing';
import { div as divTensors, memory, tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { add, div, gt, mul, pow, select, sub, type Formula } from '../formula/formula.js';
import * as f from '../formula/formula.js';
import { primitives } from '../formula/primitives.js';
import { runKernel } from '../kernel.js';
import { defineElementwise } from './elementwise.js';

type Unary = (x: number) => number;

const unary = (name: string, formula: (x: Formula) => Formula) =>
  defineElementwise({ name, inputs: ['x'], formula: ({ x }) => formula(x) });

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const softPlus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The functions that GLSL lacks or gets wrong near 0. */
const rows: { name: string; kernel: ReturnType<typeof unary>; exact: Unary }[] = [
  { name: 'exp', kernel: unary('SpecExp', f.exp), exact: Math.exp },
  { name: 'log', kernel: unary('SpecLog', f.log), exact: Math.log },
  { name: 'expm1', kernel: unary('SpecExpm1', f.expm1), exact: Math.expm1 },
  { name: 'log1p', kernel: unary('SpecLog1p', f.log1p), exact: Math.log1p },
  { name: 'tanh', kernel: unary('SpecTanh', f.tanh), exact: Math.tanh },
  { name: 'sigmoid', kernel: unary('SpecSigmoid', f.sigmoid), exact: logistic },
  { name: 'softplus', kernel: unary('SpecSoftplus', f.softplus), exact: softPlus },
  { name: 'sin', kernel: unary('SpecSin', f.sin), exact: Math.sin },
  { name: 'cos', kernel: unary('SpecCos', f.cos), exact: Math.cos },
  { name: 'erf', kernel: unary('SpecErf', f.erf), exact: primitives.erf.meaning },
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

describeBodies('elementwise kernels', () => {
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

  it('computes waves at angles of any size', async () => {
    const angles = Float32Array.from({ length: 300 }, (_, i) => (i % 2 ? 1 : -1) * 1.3 ** i);
    for (const name of ['sin', 'cos'] as const) {
      const { kernel, exact } = rows.find((row) => row.name === name)!;
      const y = runKernel(kernel, { x: tensor(angles) }, {});
      expectClose(await y.data(), Float64Array.from(angles, exact), name, { relative: 2e-6, ofLargest: 1e-9 });
    }
  });

  const power = defineElementwise({
    name: 'SpecPower',
    inputs: ['x'],
    params: ['exponent'],
    formula: ({ x, exponent }) => pow(x, exponent),
  });

  for (const exponent of [2, 3, 0.5, 1.5, -0.5, -1, -2, 0, 1, 7, 11, -11]) {
    it(`computes the power ${exponent} near 0, at infinities and in between`, async () => {
      // Where it is not a product, a shader's pow keeps about 1e-7 for each power of two of the result.
      const reach = Number.isInteger(exponent) && Math.abs(exponent) <= 8 ? Infinity : 16;
      const inReach = everySize.filter((x) => Math.abs(Math.log2(Math.abs(x)) * exponent) < reach);
      const x = Float32Array.of(...special, ...inReach);
      const y = runKernel(power, { x: tensor(x) }, { exponent });
      const expected = Float64Array.from(x, (value) => Math.pow(value, exponent));
      expectClose(await y.data(), expected, `power ${exponent}`, { ...bound, signedZeros: true });
    });
  }

  it('hands inputs and params on by their names, and frees what it makes', async () => {
    const kernel = defineElementwise({
      name: 'SpecNames',
      inputs: ['c', 'a', 'b'],
      params: ['q', 'p'],
      formula: ({ a, b, c, p, q }) => select(gt(a, 0), mul(b, p), mul(c, q)),
    });
    const [a, b, c] = [tensor([1, -1, 1]), tensor([1, 2, 3]), tensor([10, 20, 30])];
    const before = memory().numTensors;
    const y = runKernel(kernel, { a, b, c }, { p: 2, q: 3 });
    expect([...(await y.data())]).to.deep.equal([2, 60, 6]);
    expect(memory().numTensors - before).to.equal(1);
  });

  it('lets inputs and params be called as shaders call something of their own', async () => {
    const kernel = defineElementwise({
      name: 'SpecShaderNames',
      inputs: ['position', 't0', 'float'],
      params: ['main', 'texel'],
      formula: ({ position, t0, float, main, texel }) => add(mul(add(position, t0), main), mul(float, texel)),
    });
    const [position, t0, float] = [tensor([1, 2]), tensor([10, 20]), tensor([3, 4])];
    const y = runKernel(kernel, { position, t0, float }, { main: 2, texel: 100 });
    expect([...(await y.data())]).to.deep.equal([322, 444]);
  });

  it('gives several results of one pass in the order of the formula', async () => {
    const kernel = defineElementwise({
      name: 'SpecSeveral',
      inputs: ['a', 'b'],
      formula: ({ a, b }) => ({ sum: add(a, b), difference: sub(a, b), a, two: f.constant(2) }),
    });
    const results = runKernel(kernel, { a: tensor([1, 2, 3]), b: tensor([10, 20, 40]) }, {});
    const values = await Promise.all(results.map(async (result) => [...(await result.data())]));
    expect(values).to.deep.equal([
      [11, 22, 43],
      [-9, -18, -37],
      [1, 2, 3],
      [2, 2, 2],
    ]);
  });

  for (const [a, b] of [
    [[2, 3, 5, 4], [4]],
    [
      [2, 3, 5, 4],
      [5, 1],
    ],
    [
      [2, 1, 5, 1],
      [3, 1, 7],
    ],
    [[3, 1], [6]],
    [[], [2, 5]],
    [[4, 9], []],
    [[7], [1]],
    [
      [0, 3],
      [1, 3],
    ],
  ] as const) {
    it(`broadcasts [${a.join(', ')}] and [${b.join(', ')}] as tfjs does`, async () => {
      const kernel = defineElementwise({
        name: 'SpecBroadcast',
        inputs: ['a', 'b'],
        formula: ({ a: x, b: y }) => div(x, y),
      });
      const filled = (shape: readonly number[], seed: number) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return tensor(
          Float32Array.from({ length: size }, (_, i) => seed + i),
          [...shape],
        );
      };
      const [x, y] = [filled(a, 1), filled(b, 100)];
      const [actual, expected] = [runKernel(kernel, { a: x, b: y }, {}), divTensors(x, y)];
      expect(actual.shape).to.deep.equal(expected.shape);
      expectClose(await actual.data(), await expected.data(), 'quotient', bound);
    });
  }

  it('compares with params as float32 has them', async () => {
    const kernel = defineElementwise({
      name: 'SpecBound',
      inputs: ['x'],
      params: ['bound'],
      formula: ({ x, bound: limit }) => select(f.ge(x, limit), 1, 0),
    });
    const y = runKernel(kernel, { x: tensor([0.7, -0.7]) }, { bound: 0.7 });
    expect([...(await y.data())]).to.deep.equal([1, 0]);
  });

  it('takes whole numbers and gives float32', async () => {
    const kernel = unary('SpecElu', (x) => select(gt(x, 0), x, f.expm1(x)));
    const y = runKernel(kernel, { x: tensor([-1, 2], [2], 'int32') }, {});
    expect(y.dtype).to.equal('float32');
    expectClose(await y.data(), [Math.expm1(-1), 2], 'elu', bound);
  });

  it('takes tensors without elements', async () => {
    const y = runKernel(rows[0]!.kernel, { x: tensor([], [0, 2]) }, {});
    expect(y.shape).to.deep.equal([0, 2]);
    expect(await y.data()).to.have.length(0);
  });
});
