import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { DtypeError, ShapeError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import * as ops from '../ops/index.js';
import { Variable } from './variable.js';

const values = async (variable: Variable) => [...(await variable.values())];

describe(`Variable: arithmetic [${backendName}]`, () => {
  onBackend();

  it('takes numbers as well as Variables', async () => {
    const x = new Variable([1, -2, 4]);
    const two = new Variable(2);
    for (const other of [2, two]) {
      expect(await values(x.add(other))).to.deep.equal([3, 0, 6]);
      expect(await values(x.sub(other))).to.deep.equal([-1, -4, 2]);
      expect(await values(x.mul(other))).to.deep.equal([2, -4, 8]);
      expect(await values(x.div(other))).to.deep.equal([0.5, -1, 2]);
    }
    expect(await values(x.neg())).to.deep.equal([-1, 2, -4]);
  });

  it('keeps the sign of zero when it multiplies by a number, as NumPy does', async () => {
    const x = new Variable([0, -0]);
    expect(await values(x.mul(2))).to.deep.equal([0, -0]);
    expect(await values(x.mul(-2))).to.deep.equal([-0, 0]);
    expect(await values(x.div(-2))).to.deep.equal([-0, 0]);
    expect(await values(x.neg())).to.deep.equal([-0, 0]);
    expect(await values(x.add(0))).to.deep.equal([0, 0]);
  });

  it('divides by a number that is 0 as IEEE 754 does', async () => {
    expect(await values(new Variable([1, -1, 0]).div(0))).to.deep.equal([Infinity, -Infinity, NaN]);
  });

  // GPUs may take numbers below 1.2e-38 for 0.
  if (!backendName.startsWith('webgl')) {
    it('divides by a number whose inverse float32 does not hold', async () => {
      expect(await values(new Variable([0, 1e-39]).div(1e-39))).to.deep.equal([0, 1]);
    });
  }

  it('has the usual functions of one number', async () => {
    const x = new Variable([0.25, 4]);
    const inputs = [0.25, 4];
    const functions: [string, Variable, (value: number) => number][] = [
      ['exp', x.exp(), Math.exp],
      ['log', x.log(), Math.log],
      ['sqrt', x.sqrt(), Math.sqrt],
      ['square', x.square(), (value) => value ** 2],
      ['pow', x.pow(1.5), (value) => value ** 1.5],
      ['abs', x.neg().abs(), Math.abs],
      ['sigmoid', x.sigmoid(), (value) => 1 / (1 + Math.exp(-value))],
      ['tanh', x.tanh(), Math.tanh],
      ['relu', x.sub(1).relu(), (value) => Math.max(value - 1, 0)],
    ];
    for (const [name, y, exact] of functions) expectClose(await y.values(), inputs.map(exact), name);
  });

  it('treats zeros, infinities and NaN as the functions of the language do', async () => {
    const special = [0, -0, Infinity, -Infinity, NaN, 1e30, -1e30, 1e-30].map(Math.fround);
    const x = new Variable(special);
    const exactly = async (name: string, y: Variable, exact: (value: number) => number, signedZeros = true) =>
      expectClose(await y.values(), special.map(exact), name, { ofLargest: 0, signedZeros });
    await exactly('exp', x.exp(), Math.exp);
    await exactly('log', x.log(), Math.log);
    await exactly('sqrt', x.sqrt(), Math.sqrt);
    await exactly('abs', x.abs(), Math.abs);
    await exactly('tanh', x.tanh(), Math.tanh);
    await exactly('sigmoid', x.sigmoid(), (value) => 1 / (1 + Math.exp(-value)));
    await exactly('relu', x.relu(), (value) => Math.max(value, 0), false);
    await exactly('pow', x.pow(-1), (value) => value ** -1);
    await exactly('square', x.square(), (value) => value ** 2);
  });

  it('computes whole numbers and truth values as float32', async () => {
    const whole = new Variable([1, 2, 4], { dtype: 'int32' });
    const flags = new Variable([true, false, true], { dtype: 'bool' });
    for (const y of [
      whole.add(0.5),
      whole.div(new Variable([2, 2, 2], { dtype: 'int32' })),
      flags.sum(),
      whole.abs(),
    ]) {
      expect(y.dtype).to.equal('float32');
    }
    expect(await values(whole.div(new Variable([2, 2, 2], { dtype: 'int32' })))).to.deep.equal([0.5, 1, 2]);
    expect(await flags.sum().item()).to.equal(2);
    expect(await values(whole.mul(flags))).to.deep.equal([1, 0, 4]);
    expect(await values(whole.relu())).to.deep.equal([1, 2, 4]);
    expectClose(await whole.mean().values(), [7 / 3], 'mean');
  });

  it('computes sums, differences and products of whole numbers as whole numbers', async () => {
    const [a, b] = [new Variable([[5], [-7]], { dtype: 'int32' }), new Variable([2, 3], { dtype: 'int32' })];
    const whole = async (y: Variable, expected: number[]) => {
      expect(y.dtype).to.equal('int32');
      expect(await values(y)).to.deep.equal(expected);
    };
    await whole(a.add(b), [7, 8, -5, -4]);
    await whole(a.sub(b), [3, 2, -9, -10]);
    await whole(a.mul(b), [10, 15, -14, -21]);
    await whole(b.add(3), [5, 6]);
    await whole(b.sub(3), [-1, 0]);
    await whole(b.mul(-4).neg(), [8, 12]);
    expect(b.mul(1.5).dtype).to.equal('float32');
    const wide = new Variable(new Int32Array(2).fill(4), { shape: [1, 2, 1, 1, 1, 1], dtype: 'int32' });
    await whole(wide.mul(b), [8, 12, 8, 12]);
  });

  it('refuses shapes that do not broadcast', () => {
    const [a, b] = [new Variable([1, 2, 3]), new Variable([1, 2])];
    for (const op of [ops.add, ops.sub, ops.mul, ops.div]) {
      expect(() => op(a, b)).to.throw(ShapeError, ': the shapes do not broadcast. Expected equal sizes');
      expect(() => op(a, b)).to.throw('received [3] and [2]');
    }
    for (const shape of [[2], [4, 1], []]) {
      expect(() => ops.broadcastTo(a, shape)).to.throw(ShapeError, `received [3] and [${shape.join(', ')}]`);
    }
  });

  it('refuses to choose between other shapes, or by a condition that is not a bool', () => {
    const [a, b] = [new Variable([1, 2, 3]), new Variable([1, 2])];
    const flags = new Variable([true, false, true], { dtype: 'bool' });
    expect(() => ops.where(flags, a, b)).to.throw(
      ShapeError,
      'where: the shapes do not broadcast. Expected equal sizes or 1 on each axis',
    );
    expect(() => ops.where(a, a, a)).to.throw(DtypeError, 'Expected bool, received float32');
  });

  it('refuses factors that do not meet, and biases of another size, with what came', () => {
    const [a, b] = [new Variable([[1, 2, 3]]), new Variable([[1, 2]])];
    expect(() => a.matmul(b)).to.throw(
      ShapeError,
      'These two cannot be multiplied as matrices. Expected [m, k] and [k, n], received [1, 3] and [1, 2].',
    );
    expect(() => ops.matmul(a, b, { transposeA: true, transposeB: true })).to.throw(/\[1, 3\] transposed and/);
    expect(() => a.matmul(new Variable([1, 2]))).to.throw(ShapeError, 'received [1, 3] and [2]');
    const bias = new Variable([1, 2]);
    const refused = 'The bias does not fit the product. Expected [3], one for each column, received [2].';
    expect(() => ops.matmul(b, a, { transposeA: true, bias })).to.throw(ShapeError, refused);
  });
});

describe(`Variable: changes of shape [${backendName}]`, () => {
  onBackend();

  const x = () => new Variable([1, 2, 3, 4, 5, 6], { shape: [2, 3] });

  it('reshapes, and computes one size', async () => {
    expect(await x().reshape([3, -1]).array()).to.deep.equal([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(x().reshape([-1]).shape).to.deep.equal([6]);
    expect(x().reshape([1, 2, 1, 3]).shape).to.deep.equal([1, 2, 1, 3]);
  });

  it('takes the sizes of a new shape one by one, too', () => {
    const x = new Variable([1, 2, 3, 4, 5, 6]);
    expect(x.reshape(2, -1).shape).to.deep.equal([2, 3]);
    expect(x.reshape(6).shape).to.deep.equal([6]);
    expect(new Variable([1]).reshape().shape).to.deep.equal([]);
  });

  it('gives a Variable of its own also where nothing changes, so that it can be disposed', async () => {
    const given = x();
    for (const same of [given.reshape([2, 3]), given.sum([]), ops.broadcastTo(given, [2, 3])]) {
      expect(same).not.to.equal(given);
      expect(same.storage).to.equal(given.storage);
      same.dispose();
    }
    expect(await values(given)).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });

  it('refuses to reshape to another count', () => {
    expect(() => x().reshape([4, 2])).to.throw(
      ShapeError,
      'A reshape keeps the count of elements. Expected 6 elements, as in [2, 3], received [4, 2].',
    );
    expect(() => x().reshape([-1, 4])).to.throw(ShapeError, 'received [-1, 4]');
    expect(() => x().reshape([-1, -1])).to.throw(ShapeError);
  });

  it('transposes, reversed when no order is given', async () => {
    expect(await x().transpose().array()).to.deep.equal([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(new Variable(new Float32Array(24), { shape: [2, 3, 4] }).transpose([-1, 0, 1]).shape).to.deep.equal([
      4, 2, 3,
    ]);
  });

  it('refuses orders that do not name every axis once', () => {
    for (const order of [[0], [0, 0], [0, 2], [0, 1, 2]]) {
      expect(() => x().transpose(order)).to.throw(ShapeError, 'A transpose names every axis once. Expected 2 axes');
    }
  });

  it('slices a block, to the end where the size is -1', async () => {
    expect(await x().slice([0, 1], [2, 1]).array()).to.deep.equal([[2], [5]]);
    expect(await x().slice([1, 0], [-1, -1]).array()).to.deep.equal([[4, 5, 6]]);
  });

  it('refuses blocks that do not lie inside', () => {
    for (const [begin, size] of [
      [
        [0, 2],
        [1, 2],
      ],
      [
        [-1, 0],
        [1, 1],
      ],
      [[0], [1]],
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
      [
        [0.5, 0],
        [1, 1],
      ],
      [
        [0, 0],
        [1, -2],
      ],
    ] as const) {
      expect(() => x().slice(begin, size)).to.throw(ShapeError, 'A slice lies inside its source');
    }
  });

  it('sums and averages over axes from either end, and keeps them with size 1 on request', async () => {
    expect(await x().sum().item()).to.equal(21);
    expect(await x().sum(-1).array()).to.deep.equal([6, 15]);
    expect(await x().sum(0, true).array()).to.deep.equal([[5, 7, 9]]);
    expect(await x().mean([0, 1]).item()).to.equal(3.5);
    expect(await x().mean(1, true).array()).to.deep.equal([[2], [5]]);
    expect(await new Variable(3).sum().item()).to.equal(3);
    expect(await new Variable([], { shape: [0, 2] }).sum(0).array()).to.deep.equal([0, 0]);
  });

  it('refuses axes outside, and axes named twice', () => {
    for (const axes of [2, -3, [0, 0], [0, -2], 0.5]) {
      expect(() => x().sum(axes)).to.throw(
        ShapeError,
        'Axes do not fit the shape. Expected different axes from -2 to 1',
      );
      expect(() => x().mean(axes)).to.throw(ShapeError, 'Axes do not fit');
    }
  });

  it('moves whole numbers and truth values without changing their type', async () => {
    const flags = new Variable([[true, false]], { dtype: 'bool' });
    for (const moved of [flags.transpose(), flags.reshape([2]), flags.slice([0, 0], [1, 2])]) {
      expect(moved.dtype).to.equal('bool');
      expect(await values(moved)).to.deep.equal([1, 0]);
    }
  });
});
