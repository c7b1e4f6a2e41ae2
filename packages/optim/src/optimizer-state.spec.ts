import { Module, OptimizerError, parameter, type Variable } from '@tessera-nn/core';
import { backendName, expectNoMore, held, expectAtRest, heldAtRest, itCollects, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Adam } from './adam/adam.js';
import { MomentumSGD } from './momentum-sgd/momentum-sgd.js';
import { NesterovSGD } from './nesterov-sgd/nesterov-sgd.js';
import type { Optimizer } from './optimizer.js';
import type { OptimizerState } from './optimizer-state.js';
import { SGD } from './sgd/sgd.js';

class Net extends Module {
  static override readonly className = 'Net';
  readonly w = parameter([1, 2, 3]);
  readonly b = parameter([1]);
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(data: Variable): Variable {
    return data.mul(this.w).add(this.b);
  }
}

function step(net: Net, optimizer: Optimizer): void {
  net
    .forward([[1, -2, 3]])
    .square()
    .sum()
    .backward();
  optimizer.update();
  optimizer.zeroGradParams();
}

const valuesOf = async (net: Net) => [await net.w.values(), await net.b.values()].map((values) => [...values]);
type Tree = Record<string, unknown>;

const inJson = (state: OptimizerState) => JSON.parse(JSON.stringify(state)) as OptimizerState;

describe(`An optimizer's state [${backendName}]`, () => {
  onBackend();

  it('is that of the call, whatever steps are made while it is read', async () => {
    const net = new Net();
    const optimizer = new Adam(0.1).setupOn(net);
    step(net, optimizer);
    const wanted = await optimizer.stateDict();
    const weights = await valuesOf(net);
    const asked = optimizer.stateDict();
    for (let i = 0; i < 5; i++) step(net, optimizer);
    expect(await asked).to.deep.equal(wanted);
    expect(await valuesOf(net)).to.not.deep.equal(weights);
  });

  itCollects('goes with an optimizer that is dropped', async () => {
    const net = new Net();
    step(net, new Adam(0.1).setupOn(net));
    const before = await heldAtRest();
    step(net, new Adam(0.1).setupOn(net));
    await expectAtRest(before);
  });

  it('goes on through JSON to the bit', async () => {
    const [net, copy] = [new Net(), new Net()];
    const [optimizer, other] = [new Adam(0.1).setupOn(net), new Adam(0.3).setupOn(copy)];
    step(net, optimizer);
    step(copy, other);
    copy.w.set(net.w);
    copy.b.set(net.b);
    other.loadStateDict(inJson(await optimizer.stateDict()));
    step(net, optimizer);
    step(copy, other);
    expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
  });

  it('goes on where a parameter was never updated', async () => {
    const [net, copy] = [new Net(), new Net()];
    const [optimizer, other] = [new MomentumSGD(0.1).setupOn(net), new MomentumSGD(0.1).setupOn(copy)];
    net.b.learnRate = 0;
    step(net, optimizer);
    other.loadStateDict(await optimizer.stateDict());
    expect((await other.stateDict()).states.b).to.deep.equal({});
  });

  it('is refused by name where it does not fit, and nothing has changed', async () => {
    const net = new Net();
    const optimizer = new Adam(0.1).setupOn(net);
    step(net, optimizer);
    const good = await optimizer.stateDict();
    const weights = await valuesOf(net);
    const before = held();
    const changed = (path: string, value?: unknown) => {
      const state = inJson(good);
      const keys = path.split('.');
      const last = keys.pop()!;
      const owner = keys.reduce<Tree>((tree, key) => tree[key] as Tree, state as unknown as Tree);
      if (value === undefined) delete owner[last];
      else owner[last] = value;
      return state;
    };
    const replaced = (from: string, to: string): unknown => JSON.parse(JSON.stringify(good).replace(from, to));
    const refused: [unknown, string][] = [
      [undefined, 'it is not a record'],
      [null, 'it is not a record'],
      [changed('states', {}), 'states has no parameter "w"'],
      [changed('states.b'), 'states has no parameter "b"'],
      [changed('states.B', good.states.b), 'unknown parameter "B"'],
      [changed('t'), 'no entry "t"'],
      [changed('t', NaN), 't is not a count'],
      [changed('t', -1), 't is not a count'],
      [changed('t', 0), 'no step was made'],
      [changed('attrs.beta1', 'x'), 'attrs.beta1 is not a number'],
      [changed('attrs.beta1', null), 'attrs.beta1 is not a number'],
      [changed('attrs.update', 1), 'attrs has an unknown entry "update"'],
      [changed('attrs.beta2'), 'attrs has no entry "beta2"'],
      [replaced('"beta1"', '"__proto__":{"x":1},"beta1"'), '"__proto__"'],
      [replaced('"w"', '"__proto__"'), '"__proto__"'],
      [changed('states.w.ms.values.1', -1), 'ms of "w" is negative at 1'],
      [changed('states.w.mg.values.0', null), 'mg of "w" holds no finite number at 0'],
      [changed('states.w.mg.values.0', 1e39), 'mg of "w" holds no finite number at 0'],
      [changed('states.w.mg.values', [1, 2]), 'mg of "w" has not its values'],
      [changed('states.w.mg.values', 'abc'), 'mg of "w" has not its values'],
      [changed('states.w.mg.shape', [1, 3]), 'mg of "w" has another shape'],
      [changed('states.w.ms'), 'states["w"] has no entry "ms"'],
      [changed('states.w.mom', good.states.w!.ms), 'unknown entry "mom"'],
      [changed('className'), 'no entry "className"'],
    ];
    for (const [state, says] of refused) {
      expect(() => optimizer.loadStateDict(state as never), says).to.throw(OptimizerError, says);
    }
    expect(await optimizer.stateDict()).to.deep.equal(good);
    expect(await valuesOf(net)).to.deep.equal(weights);
    expectNoMore(before);
    expect(({} as { x?: number }).x).to.equal(undefined);
  });

  it('is refused of another class, each by every other', async () => {
    const makers = [() => new SGD(0.1), () => new MomentumSGD(0.1), () => new NesterovSGD(0.1), () => new Adam(0.1)];
    for (const from of makers) {
      const net = new Net();
      const optimizer = from().setupOn(net);
      step(net, optimizer);
      const state = await optimizer.stateDict();
      for (const to of makers) {
        const other = to().setupOn(new Net());
        if (to === from) other.loadStateDict(state);
        else expect(() => other.loadStateDict(state)).to.throw(OptimizerError, `received ${optimizer.className}`);
      }
    }
  });

  it('is refused where the optimizer refuses one of its numbers, and the others stay', async () => {
    const optimizer = new MomentumSGD(0.1).setupOn(new Net());
    const state = await optimizer.stateDict();
    const bad = { ...state, attrs: { learnRate: 7, momRate: -1 } };
    expect(() => optimizer.loadStateDict(bad)).to.throw(OptimizerError, 'momRate does not fit');
    expect(await optimizer.stateDict()).to.deep.equal(state);
  });
});
