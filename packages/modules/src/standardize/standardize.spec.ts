import { seed, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { describeBodies, expectClose, map, nd, randomNd, type Nd } from '@tessera-nn/testing';
import { standardize } from './standardize.op.js';

/** Each row by its own moments, in float64. */
function reference({ shape, data }: Nd, rows: number, centred: boolean): Nd {
  const length = sizeOf(shape) / rows;
  const y = nd(shape);
  for (let row = 0; row < rows; row++) {
    const values = data.slice(row * length, (row + 1) * length);
    const mean = centred ? values.reduce((a, b) => a + b, 0) / length : 0;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
    values.forEach((value, i) => (y.data[row * length + i] = (value - mean) / Math.sqrt(variance + 1e-5)));
  }
  return y;
}

describeBodies('Rows brought to mean 0 and variance 1', () => {
  beforeEach(() => seed(1));

  for (const [shape, rows, images] of [
    [[3, 7], 3, false],
    [[2, 6, 3, 4], 4, true],
    [[2, 3, 3, 4], 6, true],
    [[2, 3, 3, 4], 18, false],
  ] as const) {
    it(`are so, ${rows} of [${shape.join(', ')}]${images ? ' as images' : ''}, centred or not, also far from 0`, async () => {
      for (const centred of [true, false]) {
        for (const middle of [0, 300]) {
          const x = map(randomNd(shape, 1), (value) => Math.fround(value + middle));
          const y = standardize(new Variable(x.data, { shape }), { rows, centred, epsilon: 1e-5, images });
          const tolerance = middle ? { relative: 2e-4, ofLargest: 2e-5 } : {};
          expectClose(await y.values(), reference(x, rows, centred).data, `around ${middle}`, tolerance);
        }
      }
    });
  }
});
