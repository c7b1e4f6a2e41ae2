import { backendName, expectClose, onBackend, randomNd } from '@tessera-nn/testing';
import { dispose, memory, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { runKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';
import { addKernel, divideKernel, multiplyKernel, subtractKernel } from './arithmetic.js';

const kernels = [
  { does: 'adds', kernel: addKernel, exact: (a: number, b: number) => a + b },
  { does: 'subtracts', kernel: subtractKernel, exact: (a: number, b: number) => a - b },
  { does: 'multiplies', kernel: multiplyKernel, exact: (a: number, b: number) => a * b },
  { does: 'divides', kernel: divideKernel, exact: (a: number, b: number) => a / b },
] as const;

const shapes = [
  { title: 'of one shape', a: [2, 3, 4], b: [2, 3, 4] },
  { title: 'with a row for every row', a: [3, 4], b: [4] },
  { title: 'with a number for all', a: [2, 3], b: [] },
  { title: 'that each stretch the other', a: [3, 1, 4], b: [2, 1] },
  { title: 'with a number for each map of channels-last images', a: [2, 3, 2, 5], b: [5] },
  { title: 'with axes that only the second has', a: [4], b: [2, 3, 4] },
  { title: 'with a number for each map and image', a: [3, 2, 5, 8], b: [3, 1, 1, 8] },
  { title: 'with a number for each row between', a: [2, 3, 8], b: [3, 1] },
  { title: 'with a number for each row between, of odd length', a: [4, 3, 5], b: [3, 1] },
  { title: 'with repeats on axes apart from each other', a: [2, 3, 4, 5, 2], b: [3, 1, 5, 1] },
  { title: 'with repeats between three axes', a: [4, 2, 3, 5, 2], b: [4, 1, 3, 1, 2] },
  { title: 'of an odd count', a: [3, 5, 7], b: [5, 1] },
] as const;

/** The shape of both together, and where each element of it reads one of them. */
function broadcast(a: readonly number[], b: readonly number[]) {
  const rank = Math.max(a.length, b.length);
  const size = (shape: readonly number[], axis: number) => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(size(a, axis), size(b, axis)));
  const place = (of: readonly number[], flat: number) => {
    let at = 0;
    for (let axis = 0; axis < rank; axis++) {
      const index = Math.floor(flat / sizeOf(shape.slice(axis + 1))) % shape[axis]!;
      at = at * size(of, axis) + (size(of, axis) === 1 ? 0 : index);
    }
    return at;
  };
  return { shape, place };
}

const special = [0, -0, 1, -1, 1e-30, -1e30, 3e38, -3e38, Infinity, -Infinity, NaN].map(Math.fround);

describe(`arithmetic with broadcasting [${backendName}]`, () => {
  onBackend();

  for (const { does, kernel, exact } of kernels) {
    it(`${does} tensors of one shape and of shapes that stretch`, async () => {
      for (const { title, a, b } of shapes) {
        const [left, right] = [randomNd(a, 1), randomNd(b, 2)];
        const { shape, place } = broadcast(a, b);
        const before = memory().numTensors;
        const given = [left, right].map(({ data, shape }) => tensor(Float32Array.from(data), [...shape]));
        const y = runKernel(kernel, { a: given[0]!, b: given[1]! }, {});
        expect(y.shape, title).to.deep.equal(shape);
        const expected = Array.from({ length: sizeOf(shape) }, (_, i) =>
          exact(left.data[place(a, i)]!, right.data[place(b, i)]!),
        );
        expectClose(await y.data(), expected, `${does} ${title}`, { relative: 2e-7 });
        dispose([...given, y]);
        expect(memory().numTensors, 'tensors that are left').to.equal(before);
      }
    });

    it(`${does} zeros of both signs, infinities and NaN by IEEE 754`, async () => {
      const n = special.length;
      const a = Float32Array.from({ length: n * n }, (_, i) => special[Math.floor(i / n)]!);
      const b = Float32Array.from({ length: n * n }, (_, i) => special[i % n]!);
      const expected = a.map((value, i) => exact(value, b[i]!));
      const same = runKernel(kernel, { a: tensor(a, [n, n]), b: tensor(b, [n, n]) }, {});
      const stretched = runKernel(kernel, { a: tensor(special, [n, 1]), b: tensor(special) }, {});
      for (const y of [same, stretched]) {
        expectClose(await y.data(), expected, does, { relative: 2e-7, ofLargest: 0, signedZeros: true });
      }
    });
  }

  it('makes NaN of 0 / 0 and of Infinity / Infinity', async () => {
    const y = runKernel(divideKernel, { a: tensor([0, Infinity, -0]), b: tensor([0, Infinity, 5]) }, {});
    expect([...(await y.data())]).to.deep.equal([NaN, NaN, -0]);
  });

  it('computes whole numbers and truth values as float32, also mixed with fractions', async () => {
    const run = async (kernel: typeof addKernel, a: Tensor, b: Tensor) => {
      const y = runKernel(kernel, { a, b }, {});
      expect(y.dtype).to.equal('float32');
      return [...(await y.data())];
    };
    const [whole, half] = [tensor([1, 2, 3], [3], 'int32'), tensor([0.5, 0.5, 0.5])];
    expect(await run(addKernel, whole, half)).to.deep.equal([1.5, 2.5, 3.5]);
    expect(await run(addKernel, half, whole)).to.deep.equal([1.5, 2.5, 3.5]);
    expect(await run(divideKernel, whole, tensor([2, 2, 2], [3], 'int32'))).to.deep.equal([0.5, 1, 1.5]);
    expect(await run(multiplyKernel, tensor([true, false, true]), half)).to.deep.equal([0.5, 0, 0.5]);
  });
});
