import { onBackend } from '@tessera-nn/testing';
import { tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { runKernel } from '../kernel.js';
import { defineElementwise, type ElementwiseFunctions } from './elementwise.js';

/** Every 1/64 of what float32 can tell apart, and what it cannot. */
const inputs = Float32Array.of(
  ...Array.from({ length: 14_000 }, (_, i) => (i - 7000) / 64),
  ...[0, -0, 1e-8, -1e-8, 1e-30, -1e-30, 88.72, 88.73, -87.4, -100, -103.5, 1e30, -1e30, Infinity, -Infinity, NaN],
  ...Array.from({ length: 300 }, (_, i) => 1e-4 * (i - 150)),
  0.5, // an odd number of them: the last are computed one by one
);

const reference: Partial<Record<ElementwiseFunctions, (x: number) => number>> = {
  exp: Math.exp,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  tanh: Math.tanh,
};

/** The distance in units of the last place of a float32, smallest normal ones counted as the spacing below. */
function units(actual: number, expected: number): number {
  if (Object.is(Math.fround(expected), actual)) return 0;
  const spacing = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(expected), 2 ** -126))) - 23);
  return Math.abs(actual - expected) / spacing;
}

describe('exponentials of the companion', () => {
  onBackend();

  for (const [name, scalar] of Object.entries(reference)) {
    it(`${name} is within three units of the last place, and exact where there is a limit`, async () => {
      const kernel = defineElementwise<'x'>({
        name: `SpecExponential${name}`,
        inputs: ['x'],
        scalar: () => -1, // must not run
        glsl: 'x',
        companion: name as 'exp',
        compose: ({ x }: { x: Tensor }) => x.clone(),
      });
      const x = tensor1d(inputs);
      const y = runKernel(kernel, { x }, {});
      (await y.data()).forEach((value, i) => {
        const expected = scalar(inputs[i]!);
        const what = `${name}(${inputs[i]!}) = ${value}, not ${expected}`;
        if (Number.isNaN(expected) || !Number.isFinite(Math.fround(expected))) {
          expect(Object.is(Math.fround(expected), value), what).to.equal(true);
        } else expect(units(value, expected), what).to.be.lessThan(3);
      });
      x.dispose();
      y.dispose();
    });
  }
});
