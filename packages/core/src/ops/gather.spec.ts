import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { DtypeError, ShapeError } from '@tessera-nn/kernels';
import { Variable } from '../variable/variable.js';
import { gather } from './gather.js';
import { takeAlongAxis } from './take-along-axis.js';

const indices = (...values: number[]) => new Variable(values, { dtype: 'int32' });

for (const [name, taken] of Object.entries({ gather, takeAlongAxis })) {
  describe(`Indices outside of the axis of ${name} [${backendName}]`, () => {
    onBackend();

    it('are refused by name, or name zeros where they are not read back, and get no gradient', async () => {
      const x = new Variable([1, 2, 3], { requiresGrad: true });
      if (backendName === 'webgl') {
        const some = taken(x, indices(2, 3, -1), 0);
        expect(await some.array()).to.deep.equal([3, 0, 0]);
        some.sum().backward();
        expect(await x.grad!.array()).to.deep.equal([0, 0, 1]);
      } else {
        expect(() => taken(x, indices(2, 3), 0)).to.throw(ShapeError, 'index 3 at position 1 lies outside of the axis');
        expect(() => taken(x, indices(-1), 0)).to.throw(ShapeError, 'Expected whole numbers from 0 to 2, received -1');
      }
      expect(() => taken(x, new Variable([0]), 0)).to.throw(DtypeError, `${name}: indices are whole numbers`);
    });
  });
}

describe(`gather [${backendName}]`, () => {
  onBackend();

  it('takes along the first axis unless it is told another', async () => {
    const x = new Variable([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(await gather(x, indices(2)).array()).to.deep.equal([[5, 6]]);
  });
});

describe(`takeAlongAxis [${backendName}]`, () => {
  onBackend();

  it('takes for each row what argmax found there, keeps whole numbers, and broadcasts the other axes', async () => {
    const scores = new Variable([
      [1, 5, 2],
      [7, 0, 3],
    ]);
    expect(await takeAlongAxis(scores, scores.argmax(1, true), 1).array()).to.deep.equal([[5], [7]]);
    const whole = takeAlongAxis(indices(4, 5, 6), indices(2, 0), 0);
    expect([whole.dtype, await whole.array()]).to.deep.equal(['int32', [6, 4]]);
    const both = new Variable([[2, 0]], { dtype: 'int32' });
    expect(await takeAlongAxis(scores, both, -1).array()).to.deep.equal([
      [2, 1],
      [3, 7],
    ]);
  });

  it('refuses indices of other axes', () => {
    const x = new Variable(new Float32Array(12), { shape: [4, 3] });
    expect(() => takeAlongAxis(x, indices(0), 1)).to.throw(ShapeError, 'as many axes');
    const three = new Variable(new Int32Array(6), { shape: [3, 2], dtype: 'int32' });
    expect(() => takeAlongAxis(x, three, 1)).to.throw(ShapeError, '[4, 3] and indices [3, 2]');
    expect(() => takeAlongAxis(x, three, 2)).to.throw(ShapeError);
  });
});
