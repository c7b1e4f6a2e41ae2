import { OptimizerError, scope, ValueError, Variable } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { backendName, expectClose, expectNoMore, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { SGD } from '../sgd/sgd.js';
import { ClipNorm } from './clip-norm.js';
import { ClipValue } from './clip-value.js';
import { EMA } from './ema.js';
import type { Hook } from './hook.js';

/** Weights 1 and 2, a bias of 0; gradients 3 and 0 of the weights and 4 of the bias. */
function make() {
  const net = new Linear(2, 1).setVar('W', new Variable([1, 2], { shape: [2, 1] }));
  const step = (optimizer: SGD) => {
    for (const [name, grad] of [
      ['W', [3, 0]],
      ['b', [4]],
    ] as const) {
      const variable = net.getVar(name);
      variable.zeroGrad();
      variable.accumulateGrad(new Variable(grad, { shape: variable.shape }));
    }
    optimizer.update();
  };
  return { net, optimizer: new SGD(1).setupOn(net), step };
}

describe(`Hooks of an update [${backendName}]`, () => {
  onBackend();

  it('clip the norm of all gradients together, and leave the gradients themselves', async () => {
    const { net, optimizer, step } = make();
    step(optimizer.addHook(new ClipNorm(1)));
    expectClose(await net.getVar('W').values(), [1 - 3 / 5, 2], 'W', { relative: 1e-5 });
    expectClose(await net.getVar('b').values(), [-4 / 5], 'b', { relative: 1e-5 });
    expect([...(await net.getVar('b').grad!.data())]).to.deep.equal([4]);
    const roomy = make();
    roomy.step(roomy.optimizer.addHook(new ClipNorm(10)));
    expectClose(await roomy.net.getVar('b').values(), [-4], 'b');
  });

  it('clip each element', async () => {
    const { net, optimizer, step } = make();
    step(optimizer.addHook(new ClipValue(2)));
    expectClose(await net.getVar('W').values(), [-1, 2], 'W');
    expectClose(await net.getVar('b').values(), [-2], 'b');
  });

  it('average weights, which come back from what was saved and go into a network alike', async () => {
    const { net, optimizer, step } = make();
    const ema = new EMA(net, { decay: 0.75 });
    optimizer.addHook(ema);
    for (let i = 0; i < 2; i++) step(optimizer);
    // w is 1, -2, -5 and b 0, -4, -8.
    const averages = [0.75 * (0.75 * 1 + 0.25 * -2) + 0.25 * -5, 2, 0.75 * (0.25 * -4) + 0.25 * -8];
    const twin = new Linear(2, 1);
    ema.copyTo(twin);
    expectClose([...(await twin.getVar('W').values()), ...(await twin.getVar('b').values())], averages, 'averages');
    const again = new EMA(net);
    again.loadStateDict(JSON.parse(JSON.stringify(await ema.stateDict())) as never);
    expect(await again.stateDict()).to.deep.equal(await ema.stateDict());
    expect(() => ema.copyTo(new Linear(3, 1))).to.throw(OptimizerError, '"W" of the module does not fit');
    const good = await ema.stateDict();
    const before = held();
    for (const [wrong, says] of [
      [{}, 'has no parameter "W"'],
      [null, 'it is not a record'],
      [{ ...good, b: null }, '"b" is not a record'],
      [{ ...good, b: { shape: [2], values: [1, 2] } }, 'Expected [1], received [2]'],
      [{ ...good, b: { shape: [1], values: [1, 2] } }, 'Expected 1 numbers, received 2'],
      [{ ...good, b: { shape: [1], values: ['a'] } }, '"b" holds no finite number at 0'],
      [{ ...good, v: good.b }, 'unknown parameter "v"'],
    ] as const) {
      expect(() => ema.loadStateDict(wrong as never)).to.throw(OptimizerError, says);
      const state = { ...(await optimizer.stateDict()), hooks: [wrong] };
      expect(() => optimizer.loadStateDict(state as never)).to.throw(OptimizerError, says);
    }
    for (const [hooks, says] of [
      [null, 'Expected states of 1 hooks, received another object'],
      [[good, good], 'Expected states of 1 hooks, received those of 2'],
    ]) {
      const state = { ...(await optimizer.stateDict()), hooks };
      expect(() => optimizer.loadStateDict(state as never)).to.throw(OptimizerError, says as string);
    }
    const oneWay: Hook = { changeGrad: (_, grad) => grad, stateDict: () => Promise.resolve({}) };
    optimizer.addHook(oneWay); // what it remembers could not be given back
    expect((await optimizer.stateDict()).hooks).to.have.length(1);
    expect(await ema.stateDict()).to.deep.equal(good);
    expectNoMore(before);
  });

  it('change nothing and hold nothing when the step fails', async () => {
    const { net, optimizer, step } = make();
    const ema = new EMA(net);
    optimizer.addHook(new ClipNorm(1)).addHook(ema);
    scope(() => step(optimizer));
    const [saved, before] = [await ema.stateDict(), held()];
    net.getVar('b').constraint = () => {
      throw new RangeError('on purpose');
    };
    expect(() => scope(() => step(optimizer))).to.throw(RangeError, 'on purpose');
    expectNoMore(before);
    expect(await ema.stateDict()).to.deep.equal(saved);
  });

  it('refuse limits that are none, and decays outside of 0 to 1', () => {
    expect(() => new ClipNorm(0)).to.throw(OptimizerError, 'above 0');
    expect(() => new ClipValue(NaN)).to.throw(OptimizerError, 'above 0');
    expect(() => new EMA(make().net, { decay: 2 })).to.throw(ValueError, 'from 0 to 1');
  });
});
