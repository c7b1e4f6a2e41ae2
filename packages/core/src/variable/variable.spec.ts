import { backendName, collectGarbage, expectNoMore, held, itCollects, onBackend, randomNd } from '@tessera-nn/testing';
import { DtypeError, ReleasedError, ShapeError, ValueError } from '@tessera-nn/kernels';
import { tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { parameter } from './parameter.js';
import type { VariableOptions, VariableSource } from './read-source.js';
import { Variable } from './variable.js';

const read = async (source: VariableSource, options?: VariableOptions) => new Variable(source, options).array();

describe(`Variable: what it is made of [${backendName}]`, () => {
  onBackend();

  it('takes nested arrays as deep as its shape is long', async () => {
    const x = new Variable([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(x.shape).to.deep.equal([1, 2, 2]);
    expect(x.dtype).to.equal('float32');
    expect([x.rank, x.size]).to.deep.equal([3, 4]);
    expect(await x.array()).to.deep.equal([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
  });

  it('takes a number, a truth value, and nothing at all', async () => {
    expect(await read(2.5)).to.equal(2.5);
    expect(await read(true, { dtype: 'bool' })).to.equal(true);
    expect(new Variable(2.5).shape).to.deep.equal([]);
    expect(await read([])).to.deep.equal([]);
    expect(new Variable([[], []]).shape).to.deep.equal([2, 0]);
  });

  it('takes typed arrays, flat or with a shape', async () => {
    expect(await read(Float32Array.of(1, 2, 3))).to.deep.equal([1, 2, 3]);
    expect(await read(Float64Array.of(1, 2, 3, 4), { shape: [2, 2] })).to.deep.equal([
      [1, 2],
      [3, 4],
    ]);
    expect(await read(Uint8Array.of(255, 1))).to.deep.equal([255, 1]);
    expect(await read(Uint8ClampedArray.of(255, 1))).to.deep.equal([255, 1]);
    expect(await read([1, 2], { shape: [2, 1] })).to.deep.equal([[1], [2]]);
  });

  it('takes the number type of an Int32Array, float32 for all others, and another on request', async () => {
    expect(new Variable(Int32Array.of(1)).dtype).to.equal('int32');
    for (const source of [Uint8Array.of(1), Float64Array.of(1), [1], [true], 1]) {
      expect(new Variable(source).dtype).to.equal('float32');
    }
    const whole = new Variable([1.9, -1.9], { dtype: 'int32' });
    expect(whole.dtype).to.equal('int32');
    expect(await whole.values()).to.deep.equal(Int32Array.of(1, -1));
  });

  it('takes every number but 0 for true', async () => {
    const expected = [true, false, true, true, true];
    expect(await read([2, 0, 256, -0.5, NaN], { dtype: 'bool' })).to.deep.equal(expected);
    expect(await read(Float32Array.of(2, 0, 256, -0.5, NaN), { dtype: 'bool' })).to.deep.equal(expected);
    expect(await new Variable([7], { dtype: 'bool' }).values()).to.deep.equal(Uint8Array.of(1));
  });

  itCollects('takes a tensor, which stays the caller’s, also in another shape and number type', async () => {
    const source = tensor([1, 0, 3, 4], [4]);
    await collectGarbage();
    const before = held();
    const plain = new Variable(source);
    const square = new Variable(source, { shape: [2, 2], dtype: 'bool' });
    expect(square.shape).to.deep.equal([2, 2]);
    source.dispose();
    expect(await plain.array()).to.deep.equal([1, 0, 3, 4]);
    expect(await square.array()).to.deep.equal([
      [true, false],
      [true, true],
    ]);
    plain.dispose();
    square.dispose();
    expect(held().storages).to.equal(before.storages);
    expect(held().tensors).to.equal(before.tensors - 1);
  });

  it('copies what it is given: the caller may go on writing into their array', async () => {
    const mine = Float32Array.of(1, 2);
    const x = new Variable(mine);
    mine[0] = 100;
    expect(await x.array()).to.deep.equal([1, 2]);
  });

  it('refuses ragged arrays and what is not a number, and says where', () => {
    expect(() => new Variable([[1, 2], [3]])).to.throw(ShapeError, /\[1\].*ragged.*2.*1/s);
    expect(() => new Variable([[1], 2])).to.throw(ShapeError, /\[1\].*ragged/s);
    expect(() => new Variable([1, [2]])).to.throw(ShapeError, /\[1\].*ragged/s);
    expect(() => new Variable([1, '2'] as unknown as number[])).to.throw(DtypeError, /\[1\].*string/s);
    expect(() => new Variable(undefined as unknown as number)).to.throw(DtypeError, 'undefined');
  });

  it('refuses a shape that the numbers do not fill, with both counts', () => {
    const message = 'The numbers do not fill the shape. Expected 6 numbers for [2, 3], received 4.';
    expect(() => new Variable([1, 2, 3, 4], { shape: [2, 3] })).to.throw(ShapeError, message);
    expect(() => new Variable(tensor([1, 2, 3, 4]), { shape: [2, 3] })).to.throw(ShapeError, message);
    expect(() => new Variable([1, 2], { shape: [-1, -2] })).to.throw(ShapeError, 'whole numbers from 0');
    expect(() => new Variable([1, 2], { shape: [0.5, 4] })).to.throw(ShapeError, 'whole numbers from 0');
  });

  it('refuses number types it does not know', () => {
    expect(() => new Variable([1], { dtype: 'float16' as 'float32' })).to.throw(DtypeError, /float32.*float16/);
    expect(() => new Variable(tensor(['a']))).to.throw(DtypeError, /float32.*string/);
  });

  it('is a parameter with a gradient to come and a weight-decay factor when made by parameter()', () => {
    const [weight, bias] = [parameter([1], { wc: 1, name: 'W' }), parameter([1])];
    expect(weight).to.include({ isParameter: true, requiresGrad: true, kept: true, wc: 1, name: 'W' });
    expect(bias).to.include({ wc: 0, learnRate: 1, momRate: 1, name: undefined });
    expect(parameter([1], { requiresGrad: false })).to.include({ isParameter: true, requiresGrad: false });
    expect(new Variable([1])).to.include({ isParameter: false, requiresGrad: false, kept: false });
  });
});

describe(`Variable: what can be read and changed [${backendName}]`, () => {
  onBackend();

  it('gives its values as a flat array, of the type of its numbers', async () => {
    expect(await new Variable([[1, 2]]).values()).to.deep.equal(Float32Array.of(1, 2));
    expect(await new Variable([true, false], { dtype: 'bool' }).values()).to.deep.equal(Uint8Array.of(1, 0));
  });

  it('gives an array that is the reader’s to change', async () => {
    const x = new Variable([1, 2, 3]);
    (await x.values()).fill(9);
    ((await x.array()) as number[]).fill(9);
    expect(await x.values()).to.deep.equal(Float32Array.of(1, 2, 3));
    expect(String(x)).to.equal('[1. 2. 3.]');
    const computed = x.mul(2);
    (await computed.values()).fill(9);
    expect(await computed.values()).to.deep.equal(Float32Array.of(2, 4, 6));
  });

  it('gives its only number as an item, and refuses when there are more', async () => {
    expect(await new Variable([[7]]).item()).to.equal(7);
    const error: unknown = await new Variable([1, 2]).item().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ShapeError);
    expect((error as ShapeError).message)
      .to.contain('received [2]')
      .and.contain('values()');
  });

  it('prints what it was made of at once, and what was computed after it was read', async () => {
    const x = new Variable([[0.5, -0]], { name: 'x' });
    expect(String(x)).to.equal('[[ 0.5 -0. ]]');
    const y = x.mul(2);
    const unread = 'Variable [1, 2] float32, not read yet: await print() or values()';
    expect(String(y)).to.equal(backendName === 'webgl' ? unread : '[[ 1. -0.]]');
    await y.values();
    expect(String(y)).to.equal('[[ 1. -0.]]');
  });

  it('prints to the console once it was read', async () => {
    const { log } = console;
    const lines: unknown[] = [];
    console.log = (line: unknown) => void lines.push(line);
    try {
      await new Variable([1, 2]).mul(3).print();
    } finally {
      console.log = log;
    }
    expect(lines).to.deep.equal(['[3. 6.]']);
  });

  it('shows its values as a tensor of its own, which costs nothing', () => {
    const x = new Variable([[1, 2]]);
    const before = held();
    expect(x.data.shape).to.deep.equal([1, 2]);
    expect(x.data).to.equal(x.data);
    expect(held()).to.deep.equal(before);
  });

  it('takes over the values of another, and shares their memory', async () => {
    const [x, other] = [new Variable([1, 2]), new Variable([3, 4])];
    await x.values();
    expect(x.set(other)).to.equal(x);
    other.dispose();
    expect(await x.array()).to.deep.equal([3, 4]);
    expect(String(x)).to.equal('[3. 4.]');
  });

  it('takes over the gradient with the values where both have one', async () => {
    const [x, other] = [3, 5].map((factor) => {
      const variable = new Variable([1, 2], { requiresGrad: true });
      variable.mul(factor).sum().backward();
      return variable;
    }) as [Variable, Variable];
    const without = new Variable([7, 8]);
    x.set(without);
    expect([...(await x.grad!.data())]).to.deep.equal([3, 3]);
    x.set(other);
    expect([...(await x.grad!.data())]).to.deep.equal([5, 5]);
    expect(without.set(other).grad).to.equal(null);
  });

  it('may be set to itself', async () => {
    const x = new Variable([1, 2]);
    expect(await x.set(x).array()).to.deep.equal([1, 2]);
  });

  it('refuses values of another shape or number type, and stays as it was', async () => {
    const x = new Variable([1, 2], { name: 'w' });
    const shape =
      'Variable "w" cannot take over values of another shape. Expected [2] float32, received [1, 2] float32.';
    expect(() => x.set(new Variable([[1, 2]]))).to.throw(ShapeError, shape);
    expect(() => x.set(new Variable([5, 6], { dtype: 'int32' }))).to.throw(DtypeError, /another number type.*int32/);
    expect(await x.array()).to.deep.equal([1, 2]);
  });

  it('cannot be used once it was disposed, and says so with its name', async () => {
    const x = new Variable([1, 2], { name: 'w' });
    const y = new Variable([1, 2]);
    x.dispose();
    x.dispose(); // a second time does nothing
    expect(x.released).to.equal(true);
    for (const use of [
      () => x.data,
      () => String(x),
      () => x.add(y),
      () => y.add(x),
      () => y.set(x),
      () => x.detach(),
    ]) {
      expect(use).to.throw(ReleasedError, /"w" \[2\].*keep\(\)/);
    }
    const error: unknown = await x.values().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ReleasedError);
    expect(await y.array()).to.deep.equal([1, 2]);
  });

  it('is disposed at the end of the block it was made in by "using"', () => {
    const before = held();
    {
      using x = new Variable(randomNd([3], 1).data);
      expect(x.released).to.equal(false);
    }
    expect(held()).to.deep.equal(before);
  });

  it('moves to the host when it was read, and comes back for good when it is used again', async () => {
    const before = held().storages;
    const x = new Variable([1, 2]);
    expect([...(await x.values())]).to.deep.equal([1, 2]);
    expect(held().storages).to.equal(before);
    const { storage } = x;
    expect([...(await x.values())]).to.deep.equal([1, 2]);
    expect(x.storage).to.equal(storage);
    x.dispose();
  });

  itCollects('stays readable while it is being read', async () => {
    await collectGarbage();
    const before = held();
    const x = new Variable([1, 2]);
    const reading = x.values();
    x.dispose();
    expect(held().storages).to.equal(before.storages + 1);
    expect(await reading).to.deep.equal(Float32Array.of(1, 2));
    expectNoMore(before);
  });
});

describe('What optimizers are told of a Variable', () => {
  const w = () => new Variable([1], { name: 'W' });

  it('starts as factors that change nothing, without weight decay, and is the one of each Variable', () => {
    const [first, second] = [w(), w()];
    first.learnRate = -1;
    first.wc = 0.5;
    first.constraint = (values) => values.relu();
    first.constraint = undefined;
    expect([first.learnRate, first.momRate, first.wc, first.constraint, first.updater]).to.deep.equal([
      ...[-1, 1, 0.5, undefined, undefined],
    ]);
    expect([second.learnRate, second.momRate, second.wc]).to.deep.equal([1, 1, 0]);
  });

  for (const [name, value, expected] of [
    ['learnRate', NaN, 'a finite number, received NaN'],
    ['learnRate', '0.1', 'a finite number, received "0.1"'],
    ['momRate', -0.1, 'a finite number from 0, received -0.1'],
    ['wc', Infinity, 'a finite number from 0, received Infinity'],
    ['constraint', 1, 'a function, received 1'],
    ['updater', 'sgd', 'a function, received "sgd"'],
  ] as const) {
    it(`refuses ${String(value)} for ${name}, and stays as it was`, () => {
      const variable = w();
      const before = variable[name];
      expect(() => Object.assign(variable, { [name]: value })).to.throw(
        ValueError,
        `Variable "W": ${name} does not fit. Expected ${expected}.`,
      );
      expect(variable[name]).to.equal(before);
    });
  }
});
