import { DtypeError, fromBlueprint, gradients, seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { backendName, describeBodies, expectClose, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Embedder } from './embedder.js';
import { Embedding } from './embedding.js';

const words = (rows: number[], shape: number[]) => new Variable(rows, { shape, dtype: 'int32' });

describeBodies('Embedder', () => {
  beforeEach(() => seed(1));

  /** What comes out for rows in float64, where `padding` names zeros. */
  async function looked(module: Embedder, rows: number[]): Promise<number[]> {
    const table = await module.W.values();
    const { embsize } = module;
    return rows.flatMap((row) => Array.from({ length: embsize }, (_, i) => (row < 0 ? 0 : table[row * embsize + i]!)));
  }

  /** Where each gradient belongs, the rows of `skipped` left out. */
  function scattered(g: ArrayLike<number>, rows: number[], shape: readonly number[], skipped: number): Float64Array {
    const sums = new Float64Array(shape[0]! * shape[1]!);
    rows.forEach((row, at) => {
      if (row !== skipped) for (let i = 0; i < shape[1]!; i++) sums[row * shape[1]! + i]! += g[at * shape[1]! + i]!;
    });
    return sums;
  }

  it('looks rows up, zeros for -1, and adds gradients up where they came from', async () => {
    const module = new Embedder(5, 3, 4);
    const rows = [4, -1, 0, 0, 2, 4];
    const y = module.forward(words(rows, [2, 3]));
    expect(y.shape).to.deep.equal([2, 3, 4]);
    expectClose(await y.values(), await looked(module, rows), 'y');
    const g = randomNd([2, 3, 4], 2).data;
    y.backward(new Variable(g, { shape: [2, 3, 4] }));
    expectClose(await module.W.grad!.data(), scattered(g, rows, [5, 4], -1), 'dW');
  });

  it('gives no gradient to the row that PyTorch’s paddingIdx names, which starts as zeros', async () => {
    const module = new Embedding(3, 2, -1);
    expect([...(await module.W.values()).slice(4)]).to.deep.equal([0, 0]);
    module.setVar('W', new Variable([1, 2, 3, 4, 5, 6], { shape: [3, 2] }));
    const rows = [2, 0, 2, 1];
    const y = module.forward(words(rows, [4]));
    expectClose(await y.values(), [5, 6, 1, 2, 5, 6, 3, 4], 'y');
    const g = randomNd([4, 2], 2).data;
    y.backward(new Variable(g, { shape: [4, 2] }));
    expectClose(await module.W.grad!.data(), scattered(g, rows, [3, 2], 2), 'dW');
  });

  it('can be differentiated twice', async () => {
    const module = new Embedder({ vocabulary: 2, embsize: 1, padding: null });
    module.setVar('W', new Variable([3, 5], { shape: [2, 1] }));
    const y = module.forward(words([1, 0, 1], [3]));
    const [first] = gradients(y.mul(y).sum(), [module.W], { createGraph: true });
    const [second] = gradients(first!.sum(), [module.W]);
    expect([...(await first!.values())]).to.deep.equal([6, 20]);
    expect([...(await second!.values())]).to.deep.equal([2, 4]);
  });

  it('leaves a table alone that is not to be learned', () => {
    const module = new Embedder({ vocabulary: 2, embsize: 1, learnable: false });
    expect([module.W.requiresGrad, module.forward(words([0], [1])).requiresGrad]).to.deep.equal([false, false]);
  });
});

describe(`Embedder beside its numbers [${backendName}]`, () => {
  it('knows its words, also after its blueprint, and is told its first rows', async () => {
    const vocabulary = { sat: 2, the: 0, cat: 1 };
    const module = new Embedder(vocabulary, null, 2, (rows) => rows.fill(7, 0, 2));
    expect([...(await module.W.values()).slice(0, 2)]).to.deep.equal([7, 7]);
    const copy = fromBlueprint<Embedder>(module.getBlueprint(), [Embedder]);
    expect(copy.getVocabulary()).to.deep.equal(vocabulary);
    expect(new Embedder(3, null, 2).getVocabulary()).to.deep.equal({});
    expect([copy, new Embedding(3, 2, 1)].map(String)).to.deep.equal([
      'Embedder(3, 2)',
      'Embedding(3, 2, paddingIdx=1)',
    ]);
  });

  it('refuses what does not fit', () => {
    const module = new Embedder({ vocabulary: 3, sentlength: 2, embsize: 2, name: 'words' });
    expect(() => module.forward([[0, 1]])).to.throw(DtypeError, 'Embedder "words"');
    expect(() => module.forward(words([0], [1]))).to.throw(ShapeError, 'input [1] is of another length');
    expect(() => new Embedder({ a: 0, b: 2 }, null, 2)).to.throw(ValueError, 'the rows 0, 1, 2 and so on');
    expect(() => new Embedder({ vocabulary: {}, embsize: 2 })).to.throw(ValueError, 'the rows 0, 1, 2');
    if (backendName === 'webgl') return;
    expect(() => module.forward(words([0, 3], [2]))).to.throw(ShapeError, 'there is no row 3');
    expect(() => new Embedding(3, 2).forward(words([-1], [1]))).to.throw(ShapeError, 'there is no row -1');
  });
});
