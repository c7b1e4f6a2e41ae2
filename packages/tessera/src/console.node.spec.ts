// What Node's console shows of what the package makes: what it is, not how it is built.
import { onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { inspect } from 'node:util';
import { Adam, ArrayDataset, Linear, PRelu, scope, Sequential, SGD, syntheticDigits, Variable } from './index.js';

const SYMBOL = Symbol.for('nodejs.util.inspect.custom');

describe("Node's console shows", () => {
  onBackend();

  const shown: Record<string, [make: () => object, text: string]> = {
    'a Variable as NumPy prints it': [() => new Variable([[1, -2.5]]), '[[ 1.  -2.5]]'],
    'a scalar': [() => new Variable([3]).sum(), '3.0'],
    'a parameter': [() => new Linear(1, 2).getVar('b'), '[0. 0.]'],
    'the middle of large ones as dots': [() => new Variable(new Float32Array(2000)), '[0. 0. 0. ... 0. 0. 0.]'],
    'what a Variable was that is released': [
      () => {
        let inner!: Variable;
        scope(() => void (inner = new Variable([1, 2])));
        return inner;
      },
      'Variable [2] float32, released',
    ],
    'a dataset as its size': [
      () => new ArrayDataset({ data: new Float32Array(8), shape: [4, 2], labels: [0, 1, 0, 1] }),
      'ArrayDataset(4 samples of [2])',
    ],
    'digits likewise': [() => syntheticDigits({ count: 3 }), 'ArrayDataset(3 samples of [1, 28, 28])'],
    'an optimizer with its numbers': [() => new SGD(0.5), 'SGD(learnRate=0.5)'],
    'one that has stepped': [
      () => {
        const net = new Linear(1, 1);
        const optimizer = new Adam(0.5, 0.25, 0.75).setupOn(net);
        net.forward([[1]]).backward();
        optimizer.update();
        return optimizer;
      },
      'Adam(learnRate=0.5, beta1=0.25, beta2=0.75, epsilon=1e-8)',
    ],
    'a network as its tree': [
      () => new Sequential([new Linear(2, 3), new PRelu(3)]),
      'Sequential(\n  (0): Linear(2, 3)\n  (1): PRelu(3)\n)',
    ],
  };
  for (const [title, [make, text]] of Object.entries(shown)) {
    it(`${title}, alone and within something`, () => {
      const made = make();
      expect(inspect(made)).to.equal(text);
      expect((made as Record<symbol, () => string>)[SYMBOL]!()).to.equal(text);
      expect(inspect({ made })).to.contain(text.split('\n')[0]);
    });
  }

  it('a gradient and the data of a Variable as numbers, and that they are disposed', () => {
    const x = new Variable([1, 2], { requiresGrad: true });
    x.square().sum().backward();
    const [data, grad] = [x.data, x.grad!];
    expect(inspect(data)).to.match(/^Tensor\s+\[1, 2\]$/);
    expect(inspect(grad)).to.match(/^Tensor\s+\[2, 4\]$/);
    expect(Object.keys(grad)).to.deep.equal(Object.keys(x.square().data));
    x.zeroGrad();
    expect(inspect(grad)).to.equal('Tensor [2] float32, disposed');
  });
});
