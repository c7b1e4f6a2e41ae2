import { onBackend } from '@tessera-nn/testing';
import { tensor1d } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { runKernel } from '../kernel.js';
import * as f from '../formula/formula.js';
import { primitives } from '../formula/primitives.js';
import { defineElementwise } from './elementwise.js';

/** Every 1/64 of what float32 can tell apart, and what it cannot. */
const inputs = Float32Array.of(
  ...Array.from({ length: 14_000 }, (_, i) => (i - 7000) / 64),
  ...[0, -0, 1e-8, -1e-8, 1e-30, -1e-30, 88.72, 88.73, -87.4, -100, -103.5, 1e30, -1e30, Infinity, -Infinity, NaN],
  ...Array.from({ length: 300 }, (_, i) => 1e-4 * (i - 150)),
  ...Array.from({ length: 300 }, (_, i) => 8000 + 1.7 * i),
  0.5, // an odd number of them: the last are computed one by one
);

const functions: readonly (readonly [
  name: string,
  formula: (x: f.Formula) => f.Formula,
  exact: (x: number) => number,
  units: number,
])[] = [
  ['exp', f.exp, Math.exp, 1.5],
  ['expm1', f.expm1, Math.expm1, 2],
  ['log', f.log, Math.log, 1],
  ['log1p', f.log1p, Math.log1p, 1.5],
  ['sigmoid', f.sigmoid, (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))), 3],
  ['tanh', f.tanh, Math.tanh, 3],
  ['softplus', f.softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), 2.5],
  ['sin', f.sin, Math.sin, 1.5],
  ['cos', f.cos, Math.cos, 1.5],
  ['erf', f.erf, primitives.erf.meaning, 2],
];

/** The distance in units of the last place of a float32, smallest normal ones counted as the spacing below. */
function units(actual: number, expected: number): number {
  if (Object.is(Math.fround(expected), actual)) return 0;
  const spacing = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(expected), 2 ** -126))) - 23);
  return Math.abs(actual - expected) / spacing;
}

describe('exponentials and logarithms in SIMD', () => {
  onBackend();

  for (const [name, formula, exact, most] of functions) {
    it(`${name} is within ${most} units of the last place, and exact where there is a limit`, async () => {
      const kernel = defineElementwise({ name: `SpecExact ${name}`, inputs: ['x'], formula: ({ x }) => formula(x) });
      const x = tensor1d(inputs);
      const y = runKernel(kernel, { x }, {});
      (await y.data()).forEach((value, i) => {
        const expected = exact(inputs[i]!);
        const what = `${name}(${inputs[i]!}) = ${value}, not ${expected}`;
        if (Number.isNaN(expected) || !Number.isFinite(Math.fround(expected))) {
          expect(Object.is(Math.fround(expected), value), what).to.equal(true);
        } else expect(units(value, expected), what).to.be.lessThan(most);
      });
      x.dispose();
      y.dispose();
    });
  }
});
