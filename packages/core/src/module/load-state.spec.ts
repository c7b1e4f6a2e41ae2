import { backendName, held, Holder, onBackend } from '@tessera-nn/testing';
import { ModuleError } from '@tessera-nn/kernels';
import { tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { scope } from '../memory/scope.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';

const weight = (...values: number[]) => parameter(values);
const build = () =>
  new Holder({
    W: weight(1, 2),
    child: new Holder({ b: weight(3), steps: new Variable([7], { dtype: 'int32' }).keep() }),
  });
const W = (net: Holder) => net.getVar('W').array();
const entry = (...values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });

describe(`stateDict of a module [${backendName}]`, () => {
  onBackend();

  it('is a picture of the values without copying: later changes of the module do not show', async () => {
    const net = build();
    const before = held().bytes;
    const state = net.stateDict();
    expect(held().bytes).to.equal(before);
    expect(Object.keys(state)).to.deep.equal(['W', 'child.b', 'child.steps']);
    expect(state.W).to.not.equal(net.W);
    net.getVar('W').set(new Variable([8, 9]));
    expect(await state.W!.array()).to.deep.equal([1, 2]);
    expect(state['child.steps']!.dtype).to.equal('int32');
    net.loadStateDict(state);
    expect(await W(net)).to.deep.equal([1, 2]);
  });

  it('gives the Variables themselves with keepVar', () => {
    const net = build();
    expect(net.stateDict({ keepVar: true })).to.deep.equal({
      W: net.W,
      'child.b': net.getVar('child.b'),
      'child.steps': net.getAttr('child.steps'),
    });
  });

  it('gives shapes and typed arrays with to: "cpu"', async () => {
    expect(await build().stateDict({ to: 'cpu' })).to.deep.equal({
      W: { shape: [2], values: Float32Array.of(1, 2) },
      'child.b': { shape: [1], values: Float32Array.of(3) },
      'child.steps': { shape: [1], values: Int32Array.of(7) },
    });
  });

  it('puts a prefix in front of every name, in all its forms', async () => {
    const keys = ['net.W', 'net.child.b', 'net.child.steps'];
    expect(Object.keys(build().stateDict({ prefix: 'net' }))).to.deep.equal(keys);
    expect(Object.keys(build().stateDict({ prefix: 'net', keepVar: true }))).to.deep.equal(keys);
    expect(Object.keys(await build().stateDict({ to: 'cpu', prefix: 'net' }))).to.deep.equal(keys);
  });

  it('is freed with the scope it was taken in', () => {
    const net = build();
    const before = held();
    scope(() => void net.stateDict());
    expect(held()).to.deep.equal(before);
  });
});

describe(`loadStateDict of a module [${backendName}]`, () => {
  onBackend();

  it('takes Variables, tensors and typed arrays, into the same Variables', async () => {
    const net = build();
    const before = [...net.tensors()];
    const state = {
      W: tensor([5, 6]),
      'child.b': new Variable([4]),
      'child.steps': { shape: [1], values: Int32Array.of(9) },
    };
    expect(net.loadStateDict(state)).to.deep.equal({ missing: [], unexpected: [] });
    expect([...net.tensors()]).to.deep.equal(before);
    const values = await Promise.all(before.map((variable) => variable.array()));
    expect(values).to.deep.equal([[5, 6], [4], [9]]);
    expect(net.getVar('W')).to.include({ isParameter: true, requiresGrad: true });
    state.W.dispose();
    state['child.b'].dispose();
    expect(await W(net)).to.deep.equal([5, 6]);
  });

  it('leaves gradients alone', async () => {
    const net = build();
    const other = build();
    for (const one of [net, other])
      one
        .getVar('W')
        .mul(one === net ? 2 : 5)
        .backward([1, 1]);
    net.loadStateDict(other.stateDict({ keepVar: true }));
    expect([...(await net.getVar('W').grad!.data())]).to.deep.equal([2, 2]);
  });

  it('asks a function once for each tensor', async () => {
    const net = build();
    const asked: [string, Variable][] = [];
    const report = net.loadStateDict(
      (path, variable) => {
        asked.push([path, variable]);
        return path === 'W' ? entry(5, 6) : null;
      },
      { strict: false, prefix: 'net' },
    );
    expect(asked).to.deep.equal([...net.namedTensors({ prefix: 'net' })]);
    expect(report.missing).to.deep.equal(['net.W', 'net.child.b', 'net.child.steps']);
    net.loadStateDict((path) => (path === 'W' ? entry(5, 6) : null), { strict: false });
    expect(await W(net)).to.deep.equal([5, 6]);
    expect(() => net.loadStateDict(() => null)).to.throw(ModuleError, 'missing "W" [2]; missing "child.b" [1]');
    const promise = async () => Promise.resolve(entry(1, 2));
    expect(() => net.loadStateDict(promise as never)).to.throw(ModuleError, '"W" comes as a Promise');
  });

  it('reads the names below a prefix and looks at no others', async () => {
    const net = build();
    const state = { ...net.stateDict({ prefix: 'a' }), ...build().stateDict({ prefix: 'b' }), 'a.W': entry(5, 6) };
    expect(net.loadStateDict(state, { prefix: 'a' })).to.deep.equal({ missing: [], unexpected: [] });
    expect(await W(net)).to.deep.equal([5, 6]);
    expect(() => net.loadStateDict({ ...state, 'a.V': entry(1, 2) }, { prefix: 'a' })).to.throw(
      'unexpected "a.V" (nearest: "a.W")',
    );
    expect(() => net.loadStateDict(state)).to.throw(ModuleError, 'unexpected "a.W"');
  });

  it('not strict, reports what is missing and left over, and leaves out what is null', async () => {
    const net = build();
    const report = net.loadStateDict({ W: entry(5, 6), 'child.b': null, other: entry(1) }, { strict: false });
    expect(report).to.deep.equal({ missing: ['child.b', 'child.steps'], unexpected: ['other'] });
    expect(await W(net)).to.deep.equal([5, 6]);
    expect(await net.getVar('child.b').array()).to.deep.equal([3]);
    expect(() => net.loadStateDict({ W: null }, { strict: true })).to.throw(ModuleError, 'missing "W" [2]');
  });

  it('not strict, still refuses other shapes and number types, and changes nothing', async () => {
    const net = build();
    for (const [bad, says] of [
      [{ shape: [1], values: Int32Array.of(1) }, 'holds int32 there and float32 here'],
      [tensor([1], [1], 'int32'), 'holds int32 there'],
      [new Variable([1, 2]), '"child.b" is [2] there and [1] here'],
      [5, '"child.b" comes without a shape, it is [1] here'],
    ] as const) {
      const load = () => net.loadStateDict({ W: entry(5, 6), 'child.b': bad as never }, { strict: false });
      expect(load, says).to.throw(ModuleError, says);
    }
    const gone = new Variable([1]);
    gone.dispose();
    expect(() => net.loadStateDict({ W: entry(5, 6), 'child.b': gone }, { strict: false })).to.throw(
      ModuleError,
      '"child.b" was already released',
    );
    expect(await W(net)).to.deep.equal([1, 2]);
  });

  it('refuses what is not a state at all', () => {
    for (const state of [null, undefined, 'text']) {
      expect(() => build().loadStateDict(state as never)).to.throw(ModuleError, 'Expected an object of values by path');
    }
  });

  it('holds nothing of what it was given, also after a refusal', () => {
    const net = build();
    net.loadStateDict({ W: entry(5, 6) }, { strict: false });
    const before = held();
    net.loadStateDict({ W: entry(7, 8) }, { strict: false });
    expect(() => net.loadStateDict({ W: entry(7, 8), 'child.b': entry(1, 2) }, { strict: false })).to.throw(
      ModuleError,
    );
    expect(held()).to.deep.equal(before);
  });
});
