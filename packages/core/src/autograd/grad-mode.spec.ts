import { backendName, held, onBackend } from '@tessera-nn/testing';
import { AutogradError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import { isRecording, noGrad, stopGradient } from './grad-mode.js';
import { gradients } from './gradients.js';

const leaf = (...values: number[]) => new Variable(values, { requiresGrad: true });

describe(`noGrad [${backendName}]`, () => {
  onBackend();

  it('records nothing, so that nothing can be differentiated', async () => {
    const x = leaf(1, 2);
    const y = noGrad(() => x.mul(3));
    expect(y.node).to.equal(null);
    expect(() => y.sum().backward()).to.throw(AutogradError, 'noGrad is not around the forward');
    expect(await y.array()).to.deep.equal([3, 6]);
  });

  it("refuses an asynchronous function, whose own error is then nobody's", async () => {
    const work = () => noGrad(() => Promise.resolve().then(() => Promise.reject(new RangeError('later'))));
    expect(work).to.throw(AutogradError, 'asynchronous');
    expect(isRecording()).to.equal(true);
    await new Promise((resolve) => setTimeout(resolve)); // a rejection that nobody handles would fail the run
  });

  it('keeps nothing for a gradient', () => {
    const x = leaf(1, 2);
    const before = held();
    noGrad(() => {
      const y = x.exp().mul(x);
      expect(held().storages).to.equal(before.storages + 2);
      y.dispose();
      expect(held().storages).to.equal(before.storages + 1);
    });
  });

  it('gives the result of its function, and records again behind it', () => {
    expect(noGrad(() => isRecording())).to.equal(false);
    expect(isRecording()).to.equal(true);
  });

  it('may lie inside itself', () => {
    noGrad(() => {
      noGrad(() => undefined);
      expect(isRecording()).to.equal(false);
    });
    expect(isRecording()).to.equal(true);
  });

  it('records again after an error', () => {
    expect(() =>
      noGrad(() => {
        throw new RangeError('on purpose');
      }),
    ).to.throw(RangeError);
    expect(isRecording()).to.equal(true);
  });

  it('refuses an asynchronous function, which would record behind its first await', () => {
    expect(() => noGrad(async () => Promise.resolve())).to.throw(AutogradError, /received one that returns a Promise/);
    expect(isRecording()).to.equal(true);
  });

  it('turns the branch it was around into a constant', async () => {
    const x = leaf(3);
    const square = noGrad(() => x.mul(x));
    x.mul(square).backward();
    expect([...(await x.grad!.data())]).to.deep.equal([9]);
  });
});

describe(`detach [${backendName}]`, () => {
  onBackend();

  it('gives the same values, over the same memory, as a constant', async () => {
    const x = leaf(3);
    const constant = x.mul(x).detach();
    expect(constant).to.include({ node: null, requiresGrad: false, tracked: false });
    x.mul(constant).backward();
    expect([...(await x.grad!.data())]).to.deep.equal([9]);
  });

  it('stays readable when what it came from is disposed', async () => {
    const x = new Variable([1, 2]);
    const before = held();
    const y = x.detach();
    expect(held().storages).to.equal(before.storages);
    x.dispose();
    expect(await y.array()).to.deep.equal([1, 2]);
  });
});

describe(`stopGradient [${backendName}]`, () => {
  onBackend();

  it('stops the gradient in the middle of a graph, and shares the memory', async () => {
    const x = leaf(3);
    const square = x.mul(x);
    const before = held();
    const constant = stopGradient(square);
    expect(held().storages).to.equal(before.storages);
    square.mul(constant).backward(); // 9 x^2
    expect([...(await x.grad!.data())]).to.deep.equal([54]);
  });

  it('leaves nothing to differentiate where all goes through it', () => {
    expect(() => stopGradient(leaf(1)).mul(2).backward()).to.throw(AutogradError, 'nothing differentiable');
  });

  it('stops second derivatives as well', async () => {
    const x = leaf(2);
    const [slope] = gradients(x.pow(3).mul(stopGradient(x)), [x], { createGraph: true }); // 3 x^2 c at c = x
    expect(await slope!.array()).to.deep.equal([24]);
    expect(await gradients(slope!, [x])[0]!.array()).to.deep.equal([24]); // 6 x c
  });
});
