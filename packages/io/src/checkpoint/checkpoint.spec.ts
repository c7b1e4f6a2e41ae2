import { backendName, expectNoMore, held, onBackend, unusualSample, type Maker } from '@tessera-nn/testing';
import * as containers from '@tessera-nn/containers';
import {
  checkpoint,
  DataError,
  Module,
  ModuleError,
  parameter,
  randomStream,
  seed,
  Variable,
  type AnyModule,
  type Blueprint,
  type ModuleOptions,
} from '@tessera-nn/core';
import * as modules from '@tessera-nn/modules';
import { expect } from 'chai';
import { knownClasses } from '../network/known-classes.js';
import { saveHdf5 } from '../hdf5/save-hdf5.js';
import { everyName } from '../network/names.js';
import { readSafetensors, writeSafetensors } from '../safetensors/safetensors.js';
import { load } from './load.js';
import { save } from './save.js';

const { Activation, BatchNorm2D, Concat, Conv2D, Flatten, Identity, Linear, MaxPool2D, PRelu, Residual, Split } =
  modules;
const { Graph, Parallel, Sequential } = containers;

/** A module in two nodes, slots of both kinds, several inputs and outputs. */
function graph() {
  const [a, b] = [new Linear({ insize: 4, outsize: 4, name: 'fc' }).node(), new Identity('second').node()];
  const parts = new Split(1, [1, 3]).node(a.module.node(a));
  const joined = new Concat(1).node(b, [parts, [1, 0]]);
  return new Graph({ name: 'graph', inputs: [a, b], outputs: [joined, new Identity().node([parts, 0])] });
}

/** With more than options say. */
const chosen: Record<string, () => AnyModule> = {
  Activation: () => new Activation({ activation: 'clip', args: [-0, 3], slc: { start: 1, stop: -1 }, name: 'clip' }),
  Checkpoint: () => checkpoint(new Linear({ insize: 2, outsize: 3, name: 'again' })),
  Graph: graph,
  Parallel: () => new Parallel([new Linear(2, 1), new Identity('1')], 'branches'),
  PRelu: () => new PRelu({ shape: [4, 3, 2], sharedAxes: [2], init: 0.1 }),
  Residual: () => new Residual(new Linear(3, 3), { activation: new Identity(), name: 'around' }),
  Sequential: () => new Sequential([new Identity(), new Identity('1')], 'inner'),
};

/** One of each class of the repository, with options that are not what they are anyway. */
const samples: Record<string, () => AnyModule> = Object.fromEntries(
  knownClasses().map((one) => [
    one.className,
    chosen[one.className] ?? (() => unusualSample(one as unknown as Maker<AnyModule>)),
  ]),
);

class Tied extends Module {
  static override readonly className: string = 'Tied';
  static readonly version: number = 2;
  readonly W = parameter([1, 2], { wc: 1 });
  readonly again = this.W;
  readonly flags = new Variable([true, false], { dtype: 'bool' }).keep();
  readonly steps = new Variable([7], { dtype: 'int32' }).keep();
  constructor(options: ModuleOptions = {}) {
    super(options);
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.mul(this.W);
  }
}

/** Fills every Variable with numbers that no initialisation gives. */
function scramble(net: AnyModule): void {
  let i = 0;
  for (const variable of net.tensors()) {
    const values = Array.from({ length: variable.size }, () =>
      variable.dtype === 'bool' ? i++ % 2 : Math.fround(++i / 7),
    );
    const whole = variable.dtype === 'int32' ? values.map(Math.trunc) : values;
    variable.set(new Variable(whole, { shape: variable.shape, dtype: variable.dtype }));
  }
}

async function valuesOf(net: AnyModule): Promise<Record<string, unknown>> {
  const entries = [...everyName(net)].map(async ([name, variable]) => [
    name,
    [variable.dtype, variable.shape, variable.isParameter, variable.requiresGrad, variable.wc, await variable.values()],
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
}

const convNet = () =>
  new Sequential('net').extend([
    new Conv2D(1, 4, 3),
    new BatchNorm2D(4),
    new PRelu(4),
    new MaxPool2D(2),
    new Flatten(),
    new Linear({ insize: 36, outsize: 5, name: 'head' }),
  ]);

describe(`Checkpoints [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(3));

  for (const [className, make] of Object.entries(samples)) {
    it(`give back ${className} with its options, weights and buffers, and write the same bytes again`, async () => {
      const module = make();
      scramble(module);
      const bytes = await save(module);
      const copy = await load(bytes);
      expect(copy).to.be.instanceOf(module.constructor);
      expect(copy.getBlueprint()).to.deep.equal(module.getBlueprint());
      expect(String(copy)).to.equal(String(module));
      expect(await valuesOf(copy)).to.deep.equal(await valuesOf(module));
      expect(await save(copy)).to.deep.equal(bytes);
    });
  }

  it('give back a network of all of them that computes the same numbers', async () => {
    const net = new Sequential('all').extend(Object.values(samples).map((make) => make()));
    scramble(net);
    const bytes = await save(net);
    const copy = await load(bytes);
    expect(await valuesOf(copy)).to.deep.equal(await valuesOf(net));
    expect(await save(copy)).to.deep.equal(bytes);

    const runs = convNet();
    scramble(runs);
    const x = Float32Array.from({ length: 2 * 64 }, (_, i) => Math.sin(i));
    const [one, two] = [runs.eval(), (await load(await save(runs))).eval()].map((module) =>
      module.forward(new Variable(x, { shape: [2, 1, 8, 8] })),
    );
    expect(await two!.values()).to.deep.equal(await one!.values());
  });

  it('are safetensors files with the names of the network', async () => {
    const { tensors, metadata } = readSafetensors(await save(convNet()));
    expect([...tensors.keys()].sort()).to.deep.equal(
      ['0.W', '0.b', '1.bias', '1.mean', '1.numOfProps', '1.scale', '1.var', '2.slopes', 'head.W', 'head.b'].sort(),
    );
    expect(tensors.get('1.numOfProps')!.dtype).to.equal('int32');
    expect([...metadata.keys()]).to.deep.equal([
      'aliases',
      'blueprint',
      'buffers',
      'checksum',
      'classVersions',
      'format',
      'formatVersion',
    ]);
  });

  it('store shared Variables once, and let them be shared again', async () => {
    const shared = new Linear(3, 3);
    const net = new Sequential([shared, new Tied(), shared]);
    net.setVar('2.b', net.getVar('0.b'));
    const bytes = await save(net);
    expect([...readSafetensors(bytes).tensors.keys()]).to.have.members(['0.W', '0.b', '1.W', '1.flags', '1.steps']);
    const copy = await load(bytes, { modules: [Tied] });
    expect(copy.getVar('2.W')).to.equal(copy.getVar('0.W'));
    expect(copy.getVar('2.b')).to.equal(copy.getVar('0.b'));
    expect(copy.getVar('1.again')).to.equal(copy.getVar('1.W'));
    expect(copy.getVar('2.W').wc).to.equal(1);
    expect(await save(copy)).to.deep.equal(bytes);
  });

  it('of a class that cannot be built again from its options are refused, wherever it stands', async () => {
    class Positional extends Module {
      static override readonly className = 'Positional';
      readonly W;
      constructor(size: number) {
        super({}, { size });
        this.W = parameter(new Float32Array(size));
      }
      override dataShapeFrom = (shape: readonly number[]) => [...shape];
      protected override updateData = (x: Variable) => x;
    }
    class Forgetful extends Module {
      static override readonly className = 'Forgetful';
      readonly W;
      constructor({ size = 2 }: { size?: number } = {}) {
        super();
        this.W = parameter(new Float32Array(size));
      }
      override dataShapeFrom = (shape: readonly number[]) => [...shape];
      protected override updateData = (x: Variable) => x;
    }
    const { state } = randomStream();
    const within = (module: AnyModule) => save(new Sequential([new Identity(), module]));
    await refused(within(new Positional(3)), ModuleError, 'Positional cannot be built again from its own options');
    await refused(within(new Forgetful({ size: 3 })), ModuleError, 'Expected W [3], received W [2]');
    expect((await within(new Forgetful())).length).to.be.greaterThan(0);
    expect(randomStream().state).to.deep.equal(state);
  });

  it('are refused where containers that hold one another twice have too many names', async () => {
    let net = new Sequential([new Identity()]);
    for (let level = 0; level < 20; level++) net = new Sequential([net, net]);
    await refused(save(net), ModuleError, 'in more than 100000 places');
    const { tensors, metadata } = readSafetensors(await save(new Sequential()));
    const inner = (level: number): object =>
      level === 0
        ? { className: 'Identity', options: {} }
        : {
            className: 'Sequential',
            options: { order: ['a', 'b'] },
            modules: {
              a: inner(level - 1),
              b: { className: 'Sequential', options: {}, sameAs: 'a.'.repeat(20 - level) + 'a' },
            },
          };
    metadata.set('blueprint', JSON.stringify(inner(20)));
    await refused(load(writeSafetensors(tensors, metadata), { verifyChecksum: false }), ModuleError, 'places');
  });

  it('share buffers of a module that is used twice', async () => {
    const norm = new BatchNorm2D({ maps: 2, affine: false });
    const copy = await load(await save(new Sequential([norm, norm])));
    expect(copy.getAttr('1.mean')).to.equal(copy.getAttr('0.mean'));
    expect(copy.getVar('1.scale').requiresGrad).to.equal(false);
  });

  it('hold the weights of the moment in which they were asked for', async () => {
    const net = new PRelu(2);
    const saving = save(net);
    net.slopes.set(new Variable([5, 6]));
    expect(await (await load(await saving)).getVar('slopes').values()).to.deep.equal(Float32Array.of(0.25, 0.25));
    expect(await (await load(await save(net))).getVar('slopes').values()).to.deep.equal(Float32Array.of(5, 6));
  });

  it('draw nothing from the shared random stream when they are loaded', async () => {
    const bytes = await save(convNet());
    seed(11);
    const { state } = randomStream();
    await load(bytes);
    expect(randomStream().state).to.deep.equal(state);
  });

  it('hold nothing but the network after loading, and nothing after an error', async () => {
    const bytes = await save(convNet());
    const before = held();
    const net = await load(bytes);
    expect(held().storages - before.storages).to.equal([...net.tensors()].length);
    net.dispose();
    expectNoMore(before);
    const { tensors, metadata } = readSafetensors(bytes);
    tensors.delete('head.b');
    const broken = writeSafetensors(tensors, metadata);
    await load(broken, { verifyChecksum: false }).then(
      () => expect.fail('it was loaded'),
      (error: Error) => expect(error).to.be.instanceOf(ModuleError),
    );
    expectNoMore(before);
  });

  it('refuse options that JSON would lose, when saving', async () => {
    class Odd extends Tied {
      static override readonly className = 'Odd';
      readonly option: unknown;
      constructor(option: unknown) {
        super();
        this.option = { deep: [option] };
      }
      override getBlueprint(): Blueprint {
        return { className: 'Odd', options: { option: this.option } };
      }
    }
    const circle: unknown[] = [];
    circle.push(circle);
    for (const option of [() => 1, new Map(), Symbol('a'), 1n, new Float32Array(1), circle, new Date()]) {
      await refused(save(new Sequential([new Odd(option)])), ModuleError, 'Sequential.0.option.deep[0]');
    }
  });

  const changed = async (change: (metadata: Map<string, string>) => void) => {
    const { tensors, metadata } = readSafetensors(await save(convNet()));
    change(metadata);
    return writeSafetensors(tensors, metadata);
  };
  const refusals: [string, (metadata: Map<string, string>) => void, typeof DataError | typeof ModuleError, string][] = [
    ['a file of tensors alone', (m) => m.clear(), DataError, 'holds no network'],
    ['a file of another program', (m) => m.set('format', 'pt'), DataError, 'received "pt"'],
    ['a newer format', (m) => m.set('formatVersion', '2'), DataError, 'a version that is not known'],
    ['no version', (m) => m.delete('formatVersion'), DataError, 'a version that is not known'],
    ['a newer class', (m) => m.set('classVersions', '{"Conv2D":2}'), DataError, 'a newer Conv2D'],
    ['class versions that are none', (m) => m.set('classVersions', '[]3'), DataError, 'unreadable classVersions'],
    ['aliases that are none', (m) => m.set('aliases', '{"a":1}'), DataError, 'unreadable aliases'],
    ['a blueprint that is not JSON', (m) => m.set('blueprint', '{'), DataError, 'not JSON'],
    ['a blueprint that is not a module', (m) => m.set('blueprint', '{"className":"Conv2D"}'), DataError, 'options'],
    [
      'a blueprint without an end',
      (m) =>
        m.set(
          'blueprint',
          '{"className":"Sequential","options":{},"modules":{"a":'.repeat(999) + '1' + '}}'.repeat(999),
        ),
      DataError,
      'at most 200 containers',
    ],
    [
      'a class that is not known',
      (m) => m.set('blueprint', m.get('blueprint')!.replace('Conv2D', 'Conv2d')),
      ModuleError,
      'Did you mean "Conv2D"?',
    ],
    [
      'options that make no module',
      (m) => m.set('blueprint', m.get('blueprint')!.replace('"outmaps":4', '"outmaps":1e300')),
      DataError,
      'larger network than it has values for',
    ],
    [
      'a blueprint that asks for more than there are values',
      (m) => m.set('blueprint', m.get('blueprint')!.replace('"maps":4', '"maps":99999')),
      DataError,
      'larger network than it has values for',
    ],
    [
      'tensors of another network',
      (m) => m.set('blueprint', m.get('blueprint')!.replace('"outmaps":4', '"outmaps":3')),
      ModuleError,
      '"0.W" is [4, 1, 3, 3] in the file and [3, 1, 3, 3] in its network',
    ],
    ['an alias of nothing', (m) => m.set('aliases', '{"head.W":"0.x"}'), ModuleError, 'stands for "0.x"'],
    ['an alias of another shape', (m) => m.set('aliases', '{"head.W":"0.W"}'), ModuleError, 'cannot stand for "0.W"'],
  ];
  for (const [title, change, type, says] of refusals) {
    it(`refuse ${title}`, async () => {
      await refused(load(await changed(change), { verifyChecksum: false }), type, says);
    });
  }

  it('notice one flipped bit anywhere, unless they are told not to look', async () => {
    const bytes = await save(new Linear(1, 2));
    const last = bytes.length - 1;
    bytes[last]! ^= 1;
    await refused(load(bytes), DataError, 'checksum');
    const copy = await load(bytes, { verifyChecksum: false });
    expect((await copy.getVar('b').values())[1]).to.not.equal(0);
  });

  it('are not made of weights that are not finite, but on demand', async () => {
    const net = new Linear(2, 2);
    for (const value of [NaN, Infinity, -Infinity]) {
      net.W.set(new Variable([1, 2, value, 4], { shape: [2, 2] }));
      for (const write of [() => save(net), () => saveHdf5(net)]) {
        const error: unknown = await write().catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(ModuleError);
        expect((error as Error).message).to.match(new RegExp(`W" holds ${value} at 2.*allowNonFinite: true`));
      }
      const copy = await load(await save(net, undefined, { allowNonFinite: true }));
      expect([...(await copy.getVar('W').values())]).to.deep.equal([1, 2, value, 4]);
      await saveHdf5(net, undefined, { allowNonFinite: true });
    }
  });
});

async function refused(
  work: Promise<unknown>,
  type: typeof DataError | typeof ModuleError,
  says: string,
): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(type);
  expect((error as Error).message).to.include(says);
}
