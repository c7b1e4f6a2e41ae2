import { backendName, binaryRow, onBackend, opSpec, unaryRow, type OpRow } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import * as comparisons from './comparisons.js';

const { equal, greater, greaterEqual, less, lessEqual, logicalAnd, logicalNot, logicalOr } = comparisons;
const plain = { hasGradient: false };

const rows: Record<keyof typeof comparisons, OpRow> = {
  equal: binaryRow(
    (a, b) => equal(a, b.mul(a).div(b)),
    (a, b) => Number(a === Math.fround(Math.fround(b * a) / b)),
    plain,
  ),
  greater: binaryRow(greater, (a, b) => Number(a > b), plain),
  greaterEqual: binaryRow(greaterEqual, (a, b) => Number(a >= b), plain),
  less: binaryRow(less, (a, b) => Number(a < b), plain),
  lessEqual: binaryRow(lessEqual, (a, b) => Number(a <= b), plain),
  logicalAnd: binaryRow(
    (a, b) => logicalAnd(greater(a, 0), less(b, 0)),
    (a, b) => Number(a > 0 && b < 0),
    plain,
  ),
  logicalOr: binaryRow(
    (a, b) => logicalOr(greater(a, 0), less(b, 0)),
    (a, b) => Number(a > 0 || b < 0),
    plain,
  ),
  logicalNot: unaryRow(
    (x) => logicalNot(greater(x, 0)),
    (x) => Number(!(x > 0)),
    plain,
  ),
};

opSpec('comparisons', rows);

describe('comparisons', () => {
  onBackend();
  const numbers = [0, -0, 1, -1, 0.5, Infinity, -Infinity, NaN];

  it('make bool of special values as JavaScript compares them, with numbers and with Variables', async () => {
    const x = new Variable(numbers);
    for (const [op, holds] of [
      [equal, (a: number, b: number) => a === b],
      [greater, (a: number, b: number) => a > b],
      [greaterEqual, (a: number, b: number) => a >= b],
      [less, (a: number, b: number) => a < b],
      [lessEqual, (a: number, b: number) => a <= b],
    ] as const) {
      const all = op(x.reshape(-1, 1), x);
      expect(all.dtype).to.equal('bool');
      const expected = numbers.map((a) => numbers.map((b) => holds(a, b)));
      expect(await all.reshape(-1).array()).to.deep.equal(expected.flat());
      expect(await op(x, 0.5).array()).to.deep.equal(numbers.map((a) => holds(a, 0.5)));
    }
  });

  it('take whole numbers as they are, also those that float32 would round', async () => {
    const whole = (values: number[]) => new Variable(values, { dtype: 'int32' });
    const large = backendName === 'webgl' ? 5 : 2 ** 24; // textures hold float32
    expect(await equal(whole([large, 7]), whole([large + 1, 7])).array()).to.deep.equal([false, true]);
    expect(await greater(whole([large, large + 1]), large).array()).to.deep.equal([false, true]);
    expect(await logicalAnd(whole([5, 7]), whole([0, 1])).array()).to.deep.equal([false, true]);
  });

  it('give no gradient', () => {
    const x = new Variable([1, 2], { requiresGrad: true });
    const y = new Variable([3], { requiresGrad: true });
    greater(x, 1).add(y).sum().backward();
    expect(x.grad).to.equal(null);
    expect(y.grad).not.to.equal(null);
  });
});
