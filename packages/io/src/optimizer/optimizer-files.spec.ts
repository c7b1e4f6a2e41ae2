import { Sequential } from '@tessera-nn/containers';
import { addAll, OptimizerError, seed, TesseraError, Variable } from '@tessera-nn/core';
import { Conv2D, Linear, PReLU } from '@tessera-nn/modules';
import { Adam, EMA, MomentumSGD, NesterovSGD, SGD, type Optimizer } from '@tessera-nn/optim';
import { backendName, expectClose, expectNoMore, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { checksum } from '../checkpoint/header-texts.js';
import { loadHdf5 } from '../hdf5/load-hdf5.js';
import { loadOptimizerHdf5, saveOptimizerHdf5 } from '../hdf5/optimizer-hdf5.js';
import { filesOf, savedOptimizers } from '../hdf5/puzzlelib-optimizers.golden.js';
import { openHdf5 } from '../hdf5/read-hdf5.js';
import { writeHdf5 } from '../hdf5/write-hdf5.js';
import { readSafetensors, writeSafetensors } from '../safetensors/safetensors.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { loadOptimizer } from './load-optimizer.js';
import { saveOptimizer } from './save-optimizer.js';

const make = () =>
  new Sequential('opt').extend([
    new Conv2D({ inmaps: 1, outmaps: 2, size: 1, name: 'cv' }),
    new Linear({ insize: 3, outsize: 2, name: 'fc1' }),
  ]);
const classes = { SGD, MomentumSGD, NesterovSGD, Adam } as const;
const makers: readonly (() => Optimizer)[] = [
  () => new SGD(0.1),
  () => new MomentumSGD(0.1),
  () => new NesterovSGD(0.1),
  () => new Adam(0.01),
];

/** One step with these gradients, or with some that differ from step to step. */
function step(net: Sequential, optimizer: Optimizer, grads?: Readonly<Record<string, readonly number[]>>): void {
  const parts = Array.from(net.namedParameters(), ([name, variable]) => {
    const given = grads?.[name] ?? Array.from({ length: variable.size }, (_, i) => Math.sin(optimizer.t * 7 + i));
    return variable.mul(new Variable([...given], { shape: variable.shape })).sum();
  });
  net.zeroGrad();
  addAll(parts).backward();
  optimizer.update();
}

async function valuesOf(net: Sequential): Promise<Record<string, unknown>> {
  const entries = Array.from(
    net.namedParameters(),
    async ([name, variable]) => [name, await variable.values()] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function refusal(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.fail('it was not refused'),
    (error: Error) => error,
  );
}

const ways = {
  safetensors: { save: saveOptimizer, load: loadOptimizer },
  HDF5: { save: saveOptimizerHdf5, load: loadOptimizerHdf5 },
};

describe(`An optimizer's file [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(3));

  for (const [format, { save, load }] of Object.entries(ways)) {
    for (const maker of makers) {
      it(`lets ${maker().className} go on to the bit, from ${format}`, async () => {
        const [net, copy] = [make(), make()];
        const [optimizer, other] = [maker().setupOn(net), maker().setupOn(copy)];
        for (let i = 0; i < 3; i++) step(net, optimizer);
        const file = await save(optimizer);
        copy.loadStateDict(net.stateDict());
        other.learnRate = 0.5;
        await load(other, file);
        expect(await other.stateDict()).to.deep.equal(await optimizer.stateDict());
        expect(await save(other)).to.deep.equal(file);
        for (const [which, by] of [
          [net, optimizer],
          [copy, other],
        ] as const)
          step(which, by);
        expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
      });

      it(`goes over ${maker().className} before its first step, in ${format}`, async () => {
        const [optimizer, other] = [maker().setupOn(make()), maker().setupOn(make())];
        step(other.module as Sequential, other);
        await load(other, await save(optimizer));
        expect((await other.stateDict()).t).to.equal(0);
      });
    }

    it(`is refused where it does not fit, and nothing has changed, in ${format}`, async () => {
      const optimizer = new Adam(0.01).setupOn(make());
      step(optimizer.module as Sequential, optimizer);
      const before = await optimizer.stateDict();
      const holding = held();
      const file = await save(optimizer);
      const wider = new Sequential('opt').extend([
        new Conv2D({ inmaps: 1, outmaps: 3, size: 1, name: 'cv' }),
        new Linear({ insize: 3, outsize: 2, name: 'fc1' }),
      ]);
      for (const other of [
        new SGD().setupOn(make()),
        new Adam().setupOn(wider),
        new Adam().setupOn(new Linear(3, 2)),
      ]) {
        const error = await refusal(load(other, file));
        expect(error).to.be.instanceOf(TesseraError);
        expect((await other.stateDict()).t).to.equal(0);
        other.module!.dispose();
      }
      wider.dispose();
      for (let i = 0; i < file.length; i += Math.ceil(file.length / 200)) {
        const damaged = file.slice();
        damaged[i]! ^= 0x41;
        await load(optimizer, damaged).then(
          () => load(optimizer, file),
          (error: unknown) => expect(error).to.be.instanceOf(TesseraError),
        );
      }
      expect(await optimizer.stateDict()).to.deep.equal(before);
      expectNoMore(holding);
    });

    it(`is not written of what diverged, in ${format}`, async () => {
      const optimizer = new MomentumSGD(0.1).setupOn(make());
      step(optimizer.module as Sequential, optimizer, { 'cv.b': [NaN, 0] });
      const error = await refusal(save(optimizer));
      expect(error).to.be.instanceOf(OptimizerError);
      expect(error.message).to.include('"cv.b.mom" holds NaN at 0');
    });

    it(`says what it takes, in ${format}`, async () => {
      for (const wrong of [undefined, null, 'file', make(), {}]) {
        expect((await refusal(save(wrong as never))).message).to.include('takes an optimizer first');
        expect((await refusal(load(wrong as never, new Uint8Array(0)))).message).to.include('takes an optimizer first');
      }
      expect((await refusal(save(new SGD()))).message).to.include('Call setupOn(net) once before');
    });
  }

  it('holds tensors that other programs read', async () => {
    const optimizer = new Adam(0.01).setupOn(make());
    step(optimizer.module as Sequential, optimizer);
    const { tensors, metadata } = readSafetensors(await saveOptimizer(optimizer));
    expect([...tensors.keys()]).to.include.members(['cv.W.mg', 'cv.W.ms', 'fc1.b.ms']);
    expect(metadata.get('className')).to.equal('Adam');
  });

  it('holds groups and averages', async () => {
    const [net, copy] = [make(), make()];
    const [optimizer, other] = [new Adam(0.01).setupOn(net), new Adam(0.01).setupOn(copy).addHook(new EMA(copy))];
    optimizer.addGroup('fc1', { learnRate: 0.1, amsgrad: true }).addHook(new EMA(net));
    step(net, optimizer);
    const file = await saveOptimizer(optimizer);
    await loadOptimizer(other, file);
    expect(await other.stateDict()).to.deep.equal(await optimizer.stateDict());
    expect(await saveOptimizer(other)).to.deep.equal(file);
    const { tensors, metadata } = readSafetensors(file);
    expect([...tensors.keys()]).to.include('hook0:fc1.W');
    const unlisted = writeSafetensors(tensors, new Map([...metadata, ['hooks', '[]']]));
    expect((await refusal(loadOptimizer(other, unlisted))).message).to.include('checksum');
  });

  it('of before there were groups and hooks in it is read, and leaves those of now', async () => {
    const [optimizer, other] = [new Adam(0.01).setupOn(make()), new Adam(0.01).setupOn(make())];
    other.addGroup('fc1', { learnRate: 0.1 }).addHook(new EMA(other.module!));
    step(optimizer.module as Sequential, optimizer);
    const { tensors, metadata } = readSafetensors(await saveOptimizer(optimizer));
    const names = ['format', 'formatVersion', 'className', 't', 'attrs', 'parameters'];
    const texts = names.map((name) => [name, metadata.get(name)!] as const);
    const said = texts.map(([, text]) => text);
    const older = writeSafetensors(tensors, [...texts, ['checksum', checksum(said, tensors)]]);
    const { groups, hooks } = await other.stateDict();
    await loadOptimizer(other, older);
    expect(await other.stateDict()).to.deep.equal({ ...(await optimizer.stateDict()), groups, hooks });
  });

  it('of a network says that it is none, and the other way round', async () => {
    const optimizer = new SGD().setupOn(make());
    const error = await refusal(loadOptimizer(optimizer, writeSafetensors([])));
    expect(error.message).to.include('holds no state of an optimizer').and.include('saveOptimizer writes one');
  });
});

describe(`An optimizer's file of PuzzleLib [${backendName}]`, () => {
  onBackend();

  for (const [name, { grads, after }] of Object.entries(savedOptimizers)) {
    it(`lets the optimizer go on as PuzzleLib does: ${name}`, async () => {
      const { net: netFile, state } = await filesOf(name);
      const net = make();
      await loadHdf5(net, netFile);
      const optimizer = new classes[name.split('_')[0] as keyof typeof classes]().setupOn(net);
      await loadOptimizerHdf5(optimizer, state);
      expect(optimizer.t).to.equal(2);
      step(net, optimizer, grads);
      for (const [key, values] of Object.entries(after)) expectClose(await net.getVar(key).values(), values, key);
    });
  }

  it('has groups, names, shapes and signs of PuzzleLib', async () => {
    const net = make().append(new PReLU(3));
    const optimizer = new Adam(0.01).setupOn(net);
    step(net, optimizer);
    const file = openHdf5(await saveOptimizerHdf5(optimizer, undefined, { name: 'run' }), 'f');
    expect(file.names()).to.have.members(['run.attrs', 'run.states']);
    expect(file.group('run.attrs')!.names()).to.have.members(['t', 'alpha', 'beta1', 'beta2', 'epsilon', 'learnRate']);
    expect(file.group('run.states')!.names()).to.include.members(['cv.b.mg', '2.slopes.ms']);
    expect(file.dataset('run.states/cv.b.mg')!.shape).to.deep.equal([1, 2, 1, 1]);
    const ours = (await optimizer.stateDict()).states['fc1.b']!;
    const theirs = async (key: string) => (await file.dataset(`run.states/fc1.b.${key}`)!.tensor()).values;
    expect(await theirs('ms')).to.deep.equal(ours.ms!.values);
    expect(await theirs('mg')).to.deep.equal(ours.mg!.values.map((value) => -value));
    const error = await refusal(loadOptimizerHdf5(new Adam().setupOn(net), new Uint8Array(0)));
    expect(error.message).to.include('not an HDF5 file');
  });

  it('is found by its name, and unpacked no further than its parameters', async () => {
    const optimizer = new MomentumSGD().setupOn(make());
    const file = await saveOptimizerHdf5(optimizer, undefined, { name: 'run' });
    expect((await refusal(loadOptimizerHdf5(optimizer, file))).message).to.include('pass that as name');
    await loadOptimizerHdf5(optimizer, file, { name: 'run' });
    const zeros = { dtype: 'float32', shape: [2 ** 20], values: new Float32Array(2 ** 20) } as const;
    const number = (value: number): StoredTensor => ({ dtype: 'float64', shape: [], values: Float64Array.of(value) });
    for (const owner of ['fc1.W', "<class 'numpy.float32'>"]) {
      const tensors = new Map<string, StoredTensor>([
        ['.attrs/t', number(1)],
        ['.attrs/learnRate', number(1)],
        ['.attrs/momRate', number(0)],
        [`.states/${owner}.mom`, zeros],
      ]);
      const error = await refusal(loadOptimizerHdf5(optimizer, await writeHdf5({ tensors }, 'gzip')));
      expect(error.message).to.match(/of another (shape|size)/);
    }
  });
});
