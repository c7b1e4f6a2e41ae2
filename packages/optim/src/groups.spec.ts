import { OptimizerError, Variable } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { backendName, expectClose, Holder, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { MomentumSGD } from './momentum-sgd/momentum-sgd.js';

describe(`Groups of parameters [${backendName}]`, () => {
  onBackend();

  const make = () => {
    const [body, head] = [new Linear(1, 1), new Linear(1, 1)];
    const net = new Holder({ body, head });
    const step = (optimizer: MomentumSGD) => {
      for (const variable of net.parameters()) {
        variable.set(new Variable(new Float32Array(1), { shape: variable.shape }));
        variable.zeroGrad();
        variable.accumulateGrad(new Variable([1], { shape: variable.shape }));
      }
      optimizer.update();
    };
    const values = async () => {
      const all = [body.getVar('W'), body.getVar('b'), head.getVar('W'), head.getVar('b')];
      return (await Promise.all(all.map((variable) => variable.item()))).map((value) => -value);
    };
    return { net, step, values };
  };

  it('have numbers of their own, by path or by a function, and rates that follow the optimizer’s', async () => {
    const { net, step, values } = make();
    const optimizer = new MomentumSGD(0.1, 0.5).setupOn(net);
    optimizer.addGroup('head', { learnRate: 1, momRate: 0 }).addGroup((path) => path.endsWith('b'), { learnRate: 0.2 });
    step(optimizer);
    expectClose(await values(), [0.1, 0.2, 1, 0.2], 'first step');
    optimizer.learnRate = 0.01;
    step(optimizer);
    expectClose(await values(), [0.05 + 0.01, 0.1 + 0.02, 0.1, 0.1 + 0.02], 'second step');
    expect(optimizer.momRate).to.equal(0.5);
  });

  it('come back with the state, also those that a function picked', async () => {
    const { net, step, values } = make();
    const optimizer = new MomentumSGD(0.1, 0.5).setupOn(net).addGroup((path) => path.endsWith('b'), { learnRate: 0.2 });
    step(optimizer);
    const state = await optimizer.stateDict();
    step(optimizer);
    const expected = await values();
    const again = new MomentumSGD().setupOn(net).addGroup('head', { momRate: 0 });
    again.loadStateDict(JSON.parse(JSON.stringify(state)) as never);
    step(again);
    expect(await values()).to.deep.equal(expected);
    const good = await again.stateDict();
    expect(good.groups).to.deep.equal([{ parameters: ['body.b', 'head.b'], numbers: {}, share: 2 }]);
    for (const [groups, says] of [
      ['all', 'its groups are unreadable'],
      [[{ parameters: 'b', numbers: {} }], 'its groups are unreadable'],
      [[{ parameters: ['b'], numbers: {}, share: -1 }], 'its groups are unreadable'],
      [null, 'its groups are unreadable'],
      [[{ parameters: ['body.b'], numbers: { momrate: 1 } }], 'no number "momrate"'],
      [[{ parameters: ['body.w'], numbers: {} }], 'body.w'],
    ]) {
      expect(() => again.loadStateDict({ ...state, groups } as never)).to.throw(OptimizerError, says as string);
    }
    expect(await again.stateDict()).to.deep.equal(good);
  });

  it('refuse numbers that the optimizer has not got, or that do not fit', () => {
    const { net } = make();
    const optimizer = new MomentumSGD().setupOn(net);
    expect(() => optimizer.addGroup('head', { momrate: 1 })).to.throw(OptimizerError, 'Did you mean "momRate"?');
    expect(() => optimizer.addGroup('head', { learnRate: -1 })).to.throw(OptimizerError, 'from 0');
    expect(() => optimizer.addGroup('head', 0.1 as never)).to.throw(OptimizerError, 'numbers by name');
    expect(() => optimizer.addGroup(5 as never, {})).to.throw('addGroup');
    expect(() => new MomentumSGD(0).addGroup('head', { learnRate: 1 })).to.throw(OptimizerError, 'in proportion');
  });
});
