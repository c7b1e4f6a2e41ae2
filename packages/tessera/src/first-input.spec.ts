import { held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  BatchNorm2D,
  checkpoint,
  Conv2D,
  ConvBNAct,
  Flatten,
  fromBlueprint,
  Linear,
  Module,
  ModuleError,
  MomentumSGD,
  PRelu,
  save,
  seed,
  Sequential,
  ShapeError,
  toGraph,
  Variable,
} from './index.js';

/** A small network, with its sizes or without. */
const net = (sizes: boolean) =>
  new Sequential(
    [
      new Conv2D({ ...(sizes ? { inmaps: 2 } : {}), outmaps: 4, size: 3, name: 'conv' }),
      new BatchNorm2D(sizes ? { maps: 4, name: 'norm' } : { name: 'norm' }),
      new PRelu(sizes ? { maps: 4 } : {}),
      new Flatten(),
      new Linear({ ...(sizes ? { insize: 16 } : {}), outsize: 5, name: 'fc' }),
    ],
    'net',
  );
const SHAPE = [3, 2, 4, 4];
const input = () => new Variable(new Float32Array(96).fill(0.5), { shape: SHAPE });

const parametersOf = async (module: Module) =>
  Promise.all(
    Array.from(module.namedTensors(), async ([name, v]) => [name, v.shape, [...(await v.values())]] as const),
  );

const seeded = <T>(make: () => T): T => {
  seed(7);
  return make();
};

/** Its shape rule does not ask what it holds. */
class Silent extends Module {
  static override readonly className = 'Silent';
  readonly fc = new Linear({ outsize: 3 });
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [shape[0]!, 3];
  }
  protected override updateData(x: Variable): Variable {
    return this.fc.forward(x);
  }
}

describe('Sizes from the first input', () => {
  onBackend();

  it('give the parameters that the network would have had, whichever way they come', async () => {
    const expected = await parametersOf(seeded(() => net(true)));
    const ways: ((module: Sequential) => unknown)[] = [
      (module) => module.build(SHAPE),
      (module) => module.eval().forward(input()),
      (module) => module.summary(SHAPE),
      (module) => module.dataShapeFrom(SHAPE),
      (module) => checkpoint(module.eval()).forward(input()),
      (module) => toGraph(module).build(SHAPE),
      (module) => module.optimizeForShape(SHAPE),
    ];
    for (const way of ways) {
      const module = seeded(() => net(false));
      await way(module);
      expect(module.built, String(way)).to.equal(true);
      expect(await parametersOf(module), String(way)).to.deep.equal(expected);
    }
  });

  it('give the same weights in whatever order modules run first, and whatever was drawn in between', async () => {
    const known = seeded(() => [new Linear(4, 3), new Linear(3, 2)] as const);
    const [first, second] = seeded(() => [new Linear({ outsize: 3 }), new Linear({ outsize: 2 })] as const);
    seed(99);
    second.build([1, 3]);
    first.build([1, 4]);
    expect(await parametersOf(first)).to.deep.equal(await parametersOf(known[0]));
    expect(await parametersOf(second)).to.deep.equal(await parametersOf(known[1]));
  });

  it('leave the weights of other modules as they are, whatever they are', async () => {
    const after = (make: () => unknown) => parametersOf(seeded(() => (make(), new Linear(2, 2))));
    expect(await after(() => new Linear(4, 3))).to.deep.equal(await after(() => new Linear({ outsize: 300 })));
  });

  it('are asked for, with the path, by whatever needs the parameters before', async () => {
    const module = net(false);
    const asks: (() => unknown)[] = [
      () => [...module.parameters()],
      () => module.numOfParams(),
      () => module.stateDict(),
      () => module.loadStateDict({}),
      () => module.getVar('conv.W'),
      () => module.setVar('conv.W', new Variable([1])),
      () => module.getVarTable(),
      () => module.freeze(),
      () => new MomentumSGD(0.1).setupOn(module).update(),
      () => module.getByName<Conv2D>('conv')!.W,
    ];
    for (const ask of asks)
      expect(ask, String(ask)).to.throw(ModuleError, /Conv2D "conv" has no parameters yet: inmaps.*build\(shape\)/);
    const refused: unknown = await save(module).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ModuleError);
    module.zeroGrad().eval();
    module.dispose();
  });

  it('are not fixed by an input that a module further on refuses', () => {
    const module = net(false);
    const small = new Variable(new Float32Array(12), { shape: [3, 4, 1, 1] });
    const before = held();
    expect(() => module.forward(small)).to.throw(ShapeError);
    expect(() => module.build([3])).to.throw(ShapeError, 'an input of [3] does not say inmaps');
    expect(held()).to.deep.equal(before);
    expect(module.forward(input()).shape).to.deep.equal([3, 5]);
    expect(() => module.forward(new Variable(new Float32Array(48), { shape: [1, 3, 4, 4] }))).to.throw(
      ShapeError,
      'W was built for 2',
    );
  });

  it('come with a blueprint, as they are there', () => {
    const classes = [Sequential, Conv2D, BatchNorm2D, PRelu, Flatten, Linear];
    const module = net(false);
    expect(String(module)).to.contain('Conv2D(?, 4,').and.to.contain('Linear(?, 5)');
    expect(fromBlueprint(module.getBlueprint(), classes).built).to.equal(false);
    module.build(SHAPE);
    const copy = fromBlueprint(module.getBlueprint(), classes);
    expect(copy.built).to.equal(true);
    expect(String(copy)).to.equal(String(module));
    expect(copy.numOfParams()).to.equal(module.numOfParams());
  });

  it('leave modules in the mode of what they are made in', () => {
    const block = new ConvBNAct({ outmaps: 2, size: 1 }).eval();
    block.build([1, 3, 2, 2]);
    expect([...block.modules()].map(({ training }) => training)).to.not.include(true);
  });

  it('say which module the shape does not reach, and make nothing then', () => {
    const module = new Sequential([new Linear({ outsize: 2 }), new Silent()], 'net');
    expect(() => module.build([1, 4])).to.throw(ModuleError, /does not reach "1\.fc".*forward\(\) once/);
    expect([...module.modules()].map(({ built }) => built)).to.deep.equal([false, false, false, false]);
    module.forward([[1, 2, 3, 4]]);
    expect(module.numOfParams()).to.equal(10 + 9);
  });

  it('are drawn once: a module keeps its weights', async () => {
    const module = new Sequential([new Linear({ outsize: 2 }), new Activation('relu')]).build([1, 3]);
    const before = await parametersOf(module);
    module.build([5, 3]);
    expect(await parametersOf(module)).to.deep.equal(before);
  });
});
