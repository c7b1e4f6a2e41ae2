import { backendName, held, onBackend } from '@tessera-nn/testing';
import { ModuleError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
// Not './module.js': dependency-cruiser 17.4 takes that for Node's own module and fails.
import { Module } from '../module/module.js';
import { loadStateDict } from './load-state.js';
import { stateDict, type StateDict } from './state-dict.js';

class Unit extends Module {
  static override readonly className = 'Unit';
  readonly W = parameter([1, 2, 3, 4], { shape: [2, 2], wc: 1 });
  readonly flags = new Variable([true, false], { dtype: 'bool' }).keep();
  readonly steps = new Variable([7], { dtype: 'int32' }).keep();
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.matmul(this.W);
  }
}

class Net extends Module {
  static override readonly className = 'Net';
  readonly parts = [new Unit(), new Unit()] as const;
  readonly again = this.parts[0];
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return this.parts[1].forward(this.parts[0].forward(x));
  }
}

const values = async (module: Module) =>
  Object.fromEntries(Object.entries(await stateDict(module)).map(([path, { values }]) => [path, [...values]]));

describe(`State of a module [${backendName}]`, () => {
  onBackend();

  it('holds parameters and buffers by dotted path, once each, with shapes and typed values', async () => {
    const state = await stateDict(new Net());
    const paths = ['parts.0.W', 'parts.0.flags', 'parts.0.steps', 'parts.1.W', 'parts.1.flags', 'parts.1.steps'];
    expect(Object.keys(state)).to.deep.equal(paths);
    expect(state['parts.0.W']).to.deep.equal({ shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) });
    expect(state['parts.1.flags']!.values).to.deep.equal(Uint8Array.of(1, 0));
    expect(state['parts.1.steps']!.values).to.deep.equal(Int32Array.of(7));
  });

  it('is a copy: what happens to either side afterwards does not show on the other', async () => {
    const net = new Net();
    const state = await stateDict(net);
    state['parts.0.W']!.values.fill(9);
    expect(await net.parts[0].W.values()).to.deep.equal(Float32Array.of(1, 2, 3, 4));
    net.parts[0].W.set(new Variable([5, 6, 7, 8], { shape: [2, 2] }));
    expect((await stateDict(net))['parts.0.W']!.values).to.deep.equal(Float32Array.of(5, 6, 7, 8));
  });

  it('comes back to the bit, into the same Variables, and leaves nothing behind', async () => {
    const net = new Net();
    const state = await stateDict(net);
    state['parts.0.W']!.values.set([-0, 1e-45, 3e38, NaN]);
    state['parts.1.flags']!.values.set([0, 1]);
    const { W } = net.parts[0];
    const before = held().storages;
    loadStateDict(net, state);
    expect(held().storages).to.equal(before);
    expect(net.parts[0].W).to.equal(W);
    expect(W).to.include({ isParameter: true, requiresGrad: true, wc: 1 });
    const back = await stateDict(net);
    // Some GPUs flush the smallest numbers to 0 when they store them.
    const [zero, tiny, large, none] = back['parts.0.W']!.values;
    expect([zero, large, none]).to.deep.equal([-0, Math.fround(3e38), NaN]);
    expect(tiny).to.be.oneOf([0, Math.fround(1e-45)]);
    expect(back['parts.1.flags']!.values).to.deep.equal(Uint8Array.of(0, 1));
  });

  it('does not share memory with the module it was loaded into', async () => {
    const net = new Net();
    const state = await stateDict(net);
    loadStateDict(net, state);
    state['parts.0.W']!.values.fill(9);
    expect(await net.parts[0].W.values()).to.deep.equal(Float32Array.of(1, 2, 3, 4));
  });

  const refusals: [title: string, change: (state: StateDict) => void, says: string][] = [
    ['a missing entry', (state) => delete state['parts.1.W'], 'missing "parts.1.W" [2, 2]'],
    [
      'an entry under another name, with the nearest',
      (state) => (state['parts.1.w'] = state['parts.1.W']!),
      'unexpected "parts.1.w" (nearest: "parts.1.W")',
    ],
    [
      'another shape of as many numbers',
      (state) => (state['parts.1.W'] = { shape: [4], values: new Float32Array(4) }),
      '"parts.1.W" is [4] there and [2, 2] here',
    ],
    [
      'another number type',
      (state) => (state['parts.1.W'] = { shape: [2, 2], values: new Int32Array(4) }),
      '"parts.1.W" holds int32 there and float32 here',
    ],
    [
      'fractions for whole numbers',
      (state) => (state['parts.1.steps'] = { shape: [1], values: Float32Array.of(0.5) }),
      '"parts.1.steps" holds float32 there and int32 here',
    ],
    [
      'numbers that do not fill their shape',
      (state) => (state['parts.1.W'] = { shape: [2, 2], values: new Float32Array(3) }),
      '"parts.1.W" [2, 2] comes with 3 values',
    ],
    [
      'values that came through JSON',
      (state) => (state['parts.1.W'] = JSON.parse('{"shape":[2,2],"values":[1,2,3,4]}') as StateDict[string]),
      '"parts.1.W" holds no typed array there and float32 here',
    ],
  ];
  for (const [title, change, says] of refusals) {
    it(`refuses ${title}, and changes nothing at all`, async () => {
      const net = new Net();
      const state = await stateDict(net);
      const before = await values(net);
      for (const { values } of Object.values(state)) values.fill(0);
      change(state);
      expect(() => loadStateDict(net, state)).to.throw(ModuleError, says);
      expect(await values(net)).to.deep.equal(before);
    });
  }

  it('lists everything that is wrong in one message', async () => {
    const net = new Net();
    const state = await stateDict(net);
    delete state['parts.0.W'];
    state['parts.1.W'] = { shape: [1], values: new Float32Array(1) };
    state['other'] = { shape: [1], values: new Float32Array(1) };
    expect(() => loadStateDict(net, state)).to.throw(
      'The state does not fit Net: missing "parts.0.W" [2, 2]; "parts.1.W" is [1] there and [2, 2] here; unexpected "other".',
    );
  });
});
