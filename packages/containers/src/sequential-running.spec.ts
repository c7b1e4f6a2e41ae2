import {
  ContainerError,
  DtypeError,
  fromBlueprint,
  liveStorages,
  loadStateDict,
  Module,
  ModuleError,
  noGrad,
  parameter,
  scope,
  seed,
  ShapeError,
  stateDict,
  Variable,
  type Blueprint,
} from '@tessera-nn/core';
import { Activation, BatchNorm2D, Conv2D, Dropout, Flatten, Identity, Linear, PRelu } from '@tessera-nn/modules';
import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Sequential } from './sequential.js';

/** Multiplies by a number, and tells whoever listens that it runs. */
class Times extends Module {
  static override readonly className = 'Times';
  constructor(
    readonly factor: number,
    readonly listener: () => void = () => undefined,
  ) {
    super();
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    this.listener();
    return x.mul(this.factor);
  }
}

/** Counts what is held now and was not yet held when this was called; what was may be collected at any time. */
function storagesMade(): () => number {
  const before = new Set(liveStorages());
  return () => [...liveStorages()].filter((storage) => !before.has(storage)).length;
}

/** Two levels; names, places, and an order that sorted keys would not give. */
const network = () =>
  new Sequential('net').extend([
    new Conv2D({ inmaps: 1, outmaps: 2, size: 3, name: 'conv' }),
    new Activation('relu'),
    new Sequential('head').extend([new Flatten('flat'), new Linear(18, 3), new Dropout({ p: 0.2, name: 'drop' })]),
    new Linear({ insize: 3, outsize: 2, useBias: false, name: 'out' }),
  ]);
const classes = [Sequential, Conv2D, Activation, Flatten, Linear, Dropout, BatchNorm2D, Identity, PRelu];
const images = (size: number) => new Variable(new Float32Array(size * size), { shape: [1, 1, size, size] });

describe(`Running a Sequential [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('runs its modules in order, and leaves its input to the caller', async () => {
    const order: number[] = [];
    const net = new Sequential([2, 3, 5].map((factor) => new Times(factor, () => order.push(factor))));
    const x = new Variable([1, -2]);
    expect([...(await net.forward(x).values())]).to.deep.equal([30, -60]);
    expect(order).to.deep.equal([2, 3, 5]);
    expect([...(await x.values())]).to.deep.equal([1, -2]);
  });

  it('passes input and gradient through when it is empty', async () => {
    const net = new Sequential();
    const x = new Variable([1, 2], { requiresGrad: true });
    const y = net.forward(x);
    expect(y).to.not.equal(x);
    expect(y.storage.tensor.dataId).to.equal(x.storage.tensor.dataId);
    expect(net.dataShapeFrom([2, 3])).to.deep.equal([2, 3]);
    y.backward([3, 4]);
    expect([...(await x.grad!.data())]).to.deep.equal([3, 4]);
    net.backward([5, 6]);
    expect([...(await net.grad!.values())]).to.deep.equal([5, 6]);
    expect(net.forward(new Variable([1, 2], { dtype: 'int32' })).dtype).to.equal('int32');
  });

  it('uses a module twice that it holds twice, and counts its parameters once', async () => {
    const fc = new Linear({ insize: 1, outsize: 1, useBias: false });
    fc.setVar('W', new Variable([[3]]));
    const net = new Sequential([fc, new Times(10), fc]);
    const y = net.forward([[2]]);
    y.backward([[1]]);
    expect([...(await y.values())]).to.deep.equal([180]);
    expectClose(await fc.W.grad!.data(), [120], 'gradient of 20 W^2');
    expect(net.numOfParams()).to.equal(1);
  });

  it('adds up the parameter gradients of backward() unless told otherwise', async () => {
    const net = new Sequential([new Linear({ insize: 1, outsize: 1, name: 'fc' })]);
    for (const [options, expected] of [
      [{}, 2],
      [{}, 4],
      [{ updParamGrads: false }, 4],
      [{ momentum: 0 }, 2],
    ] as const) {
      net.forward([[2]]);
      net.backward([[1]], options);
      expect([...(await net.getVar('fc.W').grad!.data())], JSON.stringify(options)).to.deep.equal([expected]);
    }
  });

  it('holds no more in the middle of a deep net than in that of a shallow one, where nothing is recorded', () => {
    const peak = (depth: number) => {
      let most = 0;
      const net = new Sequential(
        Array.from({ length: depth }, () => new Times(2, () => (most = Math.max(most, made())))),
      );
      const x = new Variable([1, 2, 3]);
      const made = storagesMade();
      const y = noGrad(() => net.forward(x));
      expect(made()).to.equal(1); // the output alone
      y.dispose();
      return most;
    };
    expect(peak(16)).to.equal(peak(3));
  });

  it('puts all its modules into train and eval mode, also those of containers below', async () => {
    const net = new Sequential([new BatchNorm2D(1), new Sequential([new Dropout(0.5)])]);
    const modes = () => [...net.modules()].map(({ training }) => training);
    expect(modes()).to.deep.equal([true, true, true, true]);
    expect(net.evalMode()).to.equal(net);
    expect(modes()).to.deep.equal([false, false, false, false]);
    // mean 0 and variance 1 are what it starts with: in eval mode only the scale is left
    net.setVar('0.scale', new Variable([2]));
    expectClose(await net.forward([[[[1, 2]]]]).values(), [2, 4], 'y');
    expect(net.trainMode().training && net.at(1).training).to.equal(true);
  });

  it('prints as PyTorch nests modules', () => {
    expect(String(network())).to.equal(
      `Sequential(
  (conv): Conv2D(1, 2, size=3, stride=1)
  (1): Activation(relu)
  (head): Sequential(
    (flat): Flatten()
    (1): Linear(18, 3)
    (drop): Dropout(p=0.2)
  )
  (out): Linear(3, 2, useBias=false)
)`,
    );
    expect(String(new Sequential('net'))).to.equal('Sequential()');
    expect(String(new Sequential([new Sequential()]))).to.equal('Sequential(\n  (0): Sequential()\n)');
  });
});

describe(`What goes wrong inside a Sequential [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  const messageOf = (work: () => unknown): Error => {
    try {
      work();
    } catch (error) {
      return error as Error;
    }
    throw new Error('Nothing was thrown');
  };
  const expected = `Sequential "net", module 2 "head" (Sequential 3 modules), after "1" (Activation relu):
Sequential "net.head", module 1 "1" (Linear 18, 3), after "flat" (Flatten):
Linear "net.head.1": input [1, 32] has 32 columns, W was built for 18. \
Expected [batch, 18], received [1, 32]. Use new Linear(32, 3).`;

  it('names the place, the path and the module before, on every level', () => {
    const error = messageOf(() => network().forward(images(6)));
    expect(error).to.be.instanceOf(ShapeError);
    expect(error.message).to.equal(expected);
    expect((error as ShapeError).path).to.equal('net.head.1');
  });

  it('is found by the shape rule alone, without running anything', () => {
    expect(network().dataShapeFrom([7, 1, 5, 5])).to.deep.equal([7, 2]);
    const error = messageOf(() => network().dataShapeFrom([1, 1, 6, 6]));
    expect(error).to.be.instanceOf(ShapeError);
    expect(error.message.replaceAll('"head"', '"net.head"').split('\n')[1]).to.equal(expected.split('\n')[1]);
  });

  it('names no module before the first', () => {
    const error = messageOf(() => network().forward([[1, 2]]));
    expect(error.message).to.match(
      /^Sequential "net", module 0 "conv" \(Conv2D 1, 2, size=3, stride=1\):\nConv2D "net.conv"/,
    );
  });

  it("keeps its type: empty batches and wrong number types are the first module's business", () => {
    const empty = new Variable(new Float32Array(0), { shape: [0, 1, 5, 5] });
    expect(messageOf(() => network().forward(empty))).to.be.instanceOf(ShapeError);
    const whole = new Variable(new Int32Array(25), { shape: [1, 1, 5, 5] });
    expect(messageOf(() => network().forward(whole))).to.be.instanceOf(DtypeError);
  });

  it('becomes a ContainerError with its cause when it is not an error of Tessera', () => {
    const cause = new RangeError('out of range');
    const broken = new Times(1, () => {
      throw cause;
    });
    const error = messageOf(() =>
      new Sequential([new Sequential([new Times(1), broken], 'inner')], 'net').forward([1]),
    );
    expect(error).to.be.instanceOf(ContainerError);
    expect(error.cause).to.equal(cause);
    expect(error.message).to.equal(
      `Sequential "net", module 0 "inner" (Sequential 2 modules):
Sequential "net.inner", module 1 "1" (Times), after "0" (Times) failed: RangeError: out of range.`,
    );
  });

  it('leaves nothing behind', () => {
    const net = network();
    const x = images(6);
    scope(() => void net.forward(images(5))); // from then on its filters lie as the kernels want them
    const made = storagesMade();
    messageOf(() => net.forward(x));
    expect(made()).to.equal(0);
  });
});

describe(`The parameters of a Sequential [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('are read and replaced by dotted names', async () => {
    const net = network();
    expect(net.getVar('head.1.b')).to.equal((net.getSubmodule('head.1') as Linear).b);
    net.setVar('out.W', new Variable([1, 2, 3, 4, 5, 6], { shape: [3, 2] }));
    expect([...(await net.at<Linear>('out').W.values())]).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(net.getVar('out.W').wc).to.equal(1);
    expect(() => net.setVar('out.W', new Variable([1]))).to.throw(ShapeError, 'Expected [3, 2], received [1]');
    expect(() => net.getVar('oot.W')).to.throw(ModuleError, /Did you mean "out(\.W)?"\?/);
    expect(() => net.getVar('out.V')).to.throw(ModuleError, 'Did you mean "out.W"?');
    expect(() => net.setVar('head', new Variable([1]))).to.throw(ModuleError, 'no parameter "head"');
  });

  it('are not made by setting a name that nothing in it has', () => {
    const net = network();
    expect(() => net.setVar('out_W', new Variable([1]))).to.throw(
      ModuleError,
      'Sequential "net" has no parameter "out_W". Expected one of conv.W, conv.b, head.1.W, head.1.b, out.W, ' +
        'received "out_W". Did you mean "out.W"?',
    );
    expect(() => new Sequential().setVar('W', new Variable([1]))).to.throw(ModuleError, 'Expected no parameter at all');
    expect(net.numOfParams()).to.equal(20 + 57 + 6);
  });

  it('include those of a subclass', () => {
    class Scaled extends Sequential {
      static override readonly className = 'Scaled';
      readonly factor = parameter([2]);
      protected override updateData(x: Variable): Variable {
        return super.updateData(x).mul(this.factor);
      }
    }
    const net = new Scaled([new Linear(1, 1)]).setVar('factor', new Variable([3]));
    expect([...net.namedParameters()].map(([path]) => path)).to.deep.equal(['factor', '0.W', '0.b']);
    net.forward([[2]]).backward([[1]]);
    expect(net.factor.grad).to.not.equal(null);
  });

  it('come back as one module held twice where it was one, here and in containers below', async () => {
    const shared = new Linear({ insize: 2, outsize: 2, name: 'shared' });
    const net = new Sequential([shared, new PRelu(2), shared, new Sequential([new PRelu(2), shared], 'deep')], 'net');
    const copy = fromBlueprint<Sequential>(JSON.parse(JSON.stringify(net.getBlueprint())) as Blueprint, classes);
    expect(copy.at(2)).to.equal(copy.at(0));
    expect(copy.getSubmodule('deep.shared')).to.equal(copy.at(0));
    expect(copy.getBlueprint()).to.deep.equal(net.getBlueprint());
    expect(copy.numOfParams()).to.equal(net.numOfParams());
    copy.loadStateDict(net.stateDict());
    expect(await copy.forward([[1, -2]]).values()).to.deep.equal(await net.forward([[1, -2]]).values());
  });

  it('may be shown to a hook that keeps what lay between two modules', async () => {
    const net = new Sequential([new Linear(2, 2), new PRelu(2), new Linear(2, 1)]);
    const kept: Variable[] = [];
    net.at(0).registerForwardHook((_, __, output) => void kept.push(output.keep()));
    net.at(1).registerForwardPreHook((_, input) => void kept.push(input.detach().keep()));
    net.forward([[1, -2]]);
    expect(kept.map(({ shape }) => shape)).to.deep.equal([
      [1, 2],
      [1, 2],
    ]);
    expect(await kept[0]!.values()).to.deep.equal(await kept[1]!.values());
  });

  it('calculate in whole numbers only where every module does', () => {
    expect(new Sequential([new Identity(), new Sequential([new Identity()])]).calcMode('int32').length).to.equal(2);
    expect(() => new Sequential([new Identity(), new PRelu(2)], 'net').calcMode('int32')).to.throw(
      ModuleError,
      'PRelu',
    );
  });

  it('come back with their modules in the same order from blueprint and state', async () => {
    const net = network().insert(new Identity('first'), 0).insert(new Identity(), 1);
    const blueprint = JSON.parse(JSON.stringify(net.getBlueprint())) as Blueprint;
    const copy = fromBlueprint<Sequential>(blueprint, classes);
    expect(String(copy)).to.equal(String(net));
    expect(copy.name).to.equal('net');
    expect(copy.getBlueprint()).to.deep.equal(blueprint);
    loadStateDict(copy, await stateDict(net));
    const [a, b] = [net, copy].map((module) => module.evalMode().forward(images(5)));
    expect(await b!.values()).to.deep.equal(await a!.values());
  });

  it('have the paths of their modules in the state', async () => {
    const state = await stateDict(new Sequential([network(), new BatchNorm2D(1)]));
    expect(Object.fromEntries(Object.entries(state).map(([path, { shape }]) => [path, shape]))).to.deep.equal({
      ...{ 'net.conv.W': [2, 1, 3, 3], 'net.conv.b': [2] },
      ...{ 'net.head.1.W': [18, 3], 'net.head.1.b': [3], 'net.out.W': [3, 2] },
      ...{ '1.scale': [1], '1.bias': [1], '1.mean': [1], '1.var': [1], '1.numOfProps': [1] },
    });
  });
});
