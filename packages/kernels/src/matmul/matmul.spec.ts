import { backendName, describeBodies, expectClose, randomNd, type Nd } from '@tessera-nn/testing';
import { dispose, memory, reshape, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import fc from 'fast-check';
import { runKernel } from '../kernel.js';
import { matmulKernel } from './matmul.js';

/** New shapes compile programs on WebGL, which SwiftShader does slowly. */
const RANDOM_RUNS = backendName === 'webgl' ? 3 : 40;

const toTensor = ({ shape, data }: Nd): Tensor => tensor(Float32Array.from(data), [...shape]);

/** Row by column in float64; either factor may be given transposed. */
function product(a: Nd, b: Nd, bias: Nd | undefined, transposeA: boolean, transposeB: boolean): Float64Array {
  const [m, inner] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const n = b.shape[transposeB ? 0 : 1]!;
  const left = (i: number, k: number) => a.data[transposeA ? k * m + i : i * inner + k]!;
  const right = (k: number, j: number) => b.data[transposeB ? j * inner + k : k * n + j]!;
  return Float64Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let total = bias?.data[j] ?? 0;
    for (let k = 0; k < inner; k++) total += left(i, k) * right(k, j);
    return total;
  });
}

async function check(m: number, k: number, n: number, transposeA: boolean, transposeB: boolean, withBias: boolean) {
  const a = randomNd(transposeA ? [k, m] : [m, k], 1);
  const b = randomNd(transposeB ? [n, k] : [k, n], 2);
  const bias = withBias ? randomNd([n], 3) : undefined;
  const before = memory().numTensors;
  const given = [a, b, ...(bias ? [bias] : [])].map(toTensor);
  const [ta, tb, tBias] = given as [Tensor, Tensor, Tensor | undefined];
  const y = runKernel(matmulKernel, { a: ta, b: tb, bias: tBias }, { transposeA, transposeB });
  expect(y.shape).to.deep.equal([m, n]);
  expectClose(await y.data(), product(a, b, bias, transposeA, transposeB), `[${m}, ${k}] by [${k}, ${n}]`);
  dispose([...given, y]);
  expect(memory().numTensors, 'tensors that are left').to.equal(before);
}

describeBodies('matmul', (isFirst) => {
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      for (const withBias of [false, true]) {
        const factors = `${transposeA ? 'a transposed' : 'a'} by ${transposeB ? 'b transposed' : 'b'}`;
        it(`multiplies ${factors}${withBias ? ' and adds a bias to every row' : ''} as float64 loops do`, () =>
          check(5, 37, 7, transposeA, transposeB, withBias));
      }
    }
  }

  it('agrees with float64 loops for random sizes, a single row and column included', () => {
    const size = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 60 }));
    const any = fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), fc.boolean(), check);
    return fc.assert(any, { numRuns: RANDOM_RUNS, seed: 20261121 });
  });

  for (const [transposeA, transposeB] of [
    [false, false],
    [true, true],
  ] as const) {
    it(`multiplies factors larger than a cache holds${transposeA ? ', transposed' : ''}`, () =>
      check(9, 801, 270, transposeA, transposeB, true));
  }

  for (const rows of [1, 2, 3]) {
    it(`multiplies ${rows} ${rows === 1 ? 'row' : 'rows'}, also given transposed`, async () => {
      await check(rows, 389, 1031, false, false, true);
      await check(rows, 10, 6, true, false, false);
    });
  }

  if (backendName === 'wasm' && isFirst) {
    it('computes a row to the same bits with how many others it comes', async () => {
      const [b, bias] = [randomNd([803, 1031], 2), randomNd([1031], 3)].map(toTensor) as [Tensor, Tensor];
      const rows = randomNd([7, 803], 1);
      const attrs = { transposeA: false, transposeB: false };
      const product = async (count: number) => {
        const a = toTensor({ shape: [count, 803], data: rows.data.slice(0, count * 803) });
        const y = runKernel(matmulKernel, { a, b, bias }, attrs);
        const values = await y.data();
        dispose([a, y]);
        return values;
      };
      const all = await product(7);
      for (const count of [1, 2, 3, 4]) {
        const alone = await product(count);
        const other = alone.findIndex((value, i) => !Object.is(value, all[i]));
        expect(other, `the first that differs of ${count} rows`).to.equal(-1);
      }
      dispose([b, bias]);
    });
  }

  it('multiplies by a right factor that was used in another shape before', async () => {
    const b = tensor([1, 2, 3, 4, 5, 6], [3, 2]);
    const wide = reshape(b, [2, 3]);
    const attrs = { transposeA: false, transposeB: false };
    const first = runKernel(matmulKernel, { a: tensor([[1, 1, 1]]), b, bias: undefined }, attrs);
    const second = runKernel(matmulKernel, { a: tensor([[1, 1]]), b: wide, bias: undefined }, attrs);
    const third = runKernel(matmulKernel, { a: tensor([[2, 2, 2]]), b, bias: undefined }, attrs);
    expect([...(await first.data())]).to.deep.equal([9, 12]);
    expect([...(await second.data())]).to.deep.equal([5, 7, 9]);
    expect([...(await third.data())]).to.deep.equal([18, 24]);
  });

  it('lets NaN and infinities through, and makes NaN of 0 times Infinity', async () => {
    const a = tensor([1, Infinity, 0, NaN, 2, 0], [3, 2]);
    const y = runKernel(
      matmulKernel,
      { a, b: tensor([1, 0, 1, 1], [2, 2]), bias: undefined },
      { transposeA: false, transposeB: false },
    );
    expectClose(await y.data(), [Infinity, Infinity, NaN, NaN, 2, 0], 'product');
  });

  it('computes whole numbers as float32', async () => {
    const a = tensor([1, 2, 3], [1, 3], 'int32');
    const y = runKernel(matmulKernel, { a, b: a, bias: undefined }, { transposeA: false, transposeB: true });
    expect(y.dtype).to.equal('float32');
    expect([...(await y.data())]).to.deep.equal([14]);
  });
});
