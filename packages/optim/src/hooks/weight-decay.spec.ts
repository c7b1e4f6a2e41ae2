import { Module, OptimizerError, parameter, Variable } from '@tessera-nn/core';
import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { SGD } from '../sgd/sgd.js';
import { WeightDecay } from './weight-decay.js';

class Pair extends Module {
  static override readonly className = 'Pair';
  readonly weight = parameter([1, -2], { wc: 1 });
  readonly bias = parameter([3, 4]);
  readonly half = parameter([10], { wc: 0.5 });
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(data: Variable): Variable {
    return data.mul(this.weight).add(this.bias).mul(this.half);
  }
}

describe(`WeightDecay [${backendName}]`, () => {
  onBackend();

  it('adds rate wc w to the gradient, and leaves Variables of factor 0 alone', async () => {
    const module = new Pair();
    for (const variable of module.parameters()) {
      variable.accumulateGrad(new Variable(new Float32Array(variable.size).fill(0.5), { shape: variable.shape }));
    }
    new SGD(1).setupOn(module).addHook(new WeightDecay(0.1)).update();
    expectClose(await module.weight.values(), [1 - 0.5 - 0.1, -2 - 0.5 + 0.2], 'weight');
    expectClose(await module.bias.values(), [2.5, 3.5], 'bias');
    expectClose(await module.half.values(), [10 - 0.5 - 0.5], 'half');
  });

  it('refuses a rate below 0', () => {
    expect(() => new WeightDecay(-0.1)).to.throw(OptimizerError, '-0.1');
  });
});
