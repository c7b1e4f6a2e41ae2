import { ShapeError, Variable } from '@tessera-nn/core';
import { costSpec, randomNd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Cost } from './cost.js';

/** Nothing but a loss. */
class MeanDistance extends Cost {
  static override readonly className = 'MeanDistance';
  protected override loss(prediction: Variable, target: Variable): Variable {
    return prediction.sub(target).abs().mean();
  }
}

const meanDistance = ({ data }: Nd, target: ArrayLike<number>) =>
  data.reduce((sum, value, i) => sum + Math.abs(value - target[i]!), 0) / data.length;

costSpec('A cost that says nothing but its loss', {
  reference: meanDistance,
  validation: meanDistance,
  cases: [
    {
      title: 'a matrix',
      make: () => new MeanDistance(),
      shape: [4, 5],
      target: Float32Array.from(randomNd([20], 5).data),
    },
  ],
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new MeanDistance().forward([[1, 2]], [[1], [2]]),
      type: ShapeError,
      says: ['MeanDistance', '[1, 2], as predicted', '[2, 1]'],
    },
  ],
});

describe('A cost that says nothing but its loss', () => {
  it('leaves it to handlers to bring targets into their shape', () => {
    expect(new MeanDistance().hostTargets).to.equal(false);
  });
});
