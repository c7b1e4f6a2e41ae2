import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { backendName, expectClose, moduleSpec, nd, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { LCN } from './lcn.js';

/** The values of the window of N by N from `before` above and left of a pixel, as far as there are any. */
function around({ shape, data }: Nd, at: number, N: number): number[] {
  const [, , height, width] = imageShape(shape);
  const [row, column] = [Math.floor(at / width) % height, at % width];
  const before = Math.floor((N - 1) / 2);
  const found: number[] = [];
  for (let i = row - before; i < row - before + N; i++)
    for (let j = column - before; j < column - before + N; j++)
      if (i >= 0 && i < height && j >= 0 && j < width) found.push(data[at + (i - row) * width + j - column]!);
  return found;
}

/** Each value by how far those around it are from their mean. */
function reference(x: Nd, _: unknown, { N, alpha, beta, K, includePad }: LCN): Nd {
  return nd(
    x.shape,
    x.data.map((value, at) => {
      const seen = around(x, at, N);
      const mean = seen.reduce((sum, one) => sum + one, 0) / (includePad ? N ** 2 : seen.length);
      return value / (K + (alpha / N ** 2) * seen.reduce((sum, one) => sum + (one - mean) ** 2, 0)) ** beta;
    }),
  );
}

moduleSpec('LCN', {
  classes: [LCN],
  reference,
  cases: [
    { title: 'five by five', make: () => new LCN({ alpha: 1, K: 1 }), shape: [2, 2, 4, 6] },
    {
      title: 'a mean without padding',
      make: () => new LCN({ N: 3, alpha: 2, includePad: false }),
      shape: [1, 3, 3, 4],
    },
  ],
  otherShape: [1, 3, 3, 2],
  refuses: [
    {
      title: 'a matrix',
      make: () => new LCN({ name: 'norm' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['LCN "norm"', '[1, 2] is not a batch of images'],
    },
    { title: 'a window without a middle', make: () => new LCN({ N: 4 }), type: ValueError, says: ['N', 'odd'] },
  ],
});

describe(`LCN beside its formula [${backendName}]`, () => {
  onBackend();

  it('keeps its digits far from 0', async () => {
    const far = new Variable([1000, 1001, 1002, 1003], { shape: [1, 1, 2, 2] });
    const y = new LCN({ N: 3, alpha: 9, beta: 1, K: 1, includePad: false }).forward(far);
    expectClose(await y.values(), [1000 / 6, 1001 / 6, 1002 / 6, 1003 / 6], 'y');
  });

  it('prints as the call that makes it', () => {
    expect(String(new LCN({ includePad: false }))).to.equal('LCN(5, alpha=0.0001, beta=0.75, K=2, includePad=false)');
  });
});
