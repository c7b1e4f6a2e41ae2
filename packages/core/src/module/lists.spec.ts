import { backendName, held, onBackend } from '@tessera-nn/testing';
import { AutogradError, ModuleError, ShapeError, shapeText, TesseraError } from '@tessera-nn/kernels';
import { tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { noGrad } from '../autograd/grad-mode.js';
import { scope } from '../memory/scope.js';
import { Variable } from '../variable/variable.js';

import { Module } from '../module/module.js';

/** (a, b) to (a b, a + b). */
class Cross extends Module<readonly [Variable, Variable], readonly [Variable, Variable]> {
  static override readonly className = 'Cross';
  override get takes() {
    return 'list' as const;
  }
  override dataShapeFrom([a, b]: readonly [readonly number[], readonly number[]]): [number[], number[]] {
    if (a.join() !== b.join()) throw this.shapeError('two of one shape', { received: shapeText([a, b]) });
    return [[...a], [...b]];
  }
  protected override updateData([a, b]: readonly [Variable, Variable]) {
    return [a.mul(b), a.add(b)] as const;
  }
}

const leaf = (...values: number[]) => new Variable(values, { requiresGrad: true });
const read = (variables: readonly (Variable | null)[]) =>
  Promise.all(variables.map(async (variable) => variable && [...(await variable.values())]));

describe(`A module of lists [${backendName}]`, () => {
  onBackend();

  it('takes Variables, tensors and arrays beside each other, and gives a list', async () => {
    const two = tensor([2, 3]);
    expect(await read(new Cross().forward([new Variable([4, 5]), two]))).to.deep.equal([
      [8, 15],
      [6, 8],
    ]);
    expect(await read(new Cross().forward([[4, 5], two]))).to.deep.equal([
      [8, 15],
      [6, 8],
    ]);
    two.dispose();
  });

  it('takes no array of numbers alone for a list', () => {
    expect(() =>
      new Cross().forward([
        [4, 5],
        [2, 3],
      ]),
    ).to.throw(ShapeError, 'Cross: it takes a list. Expected a list of inputs, received one input, [2, 2]');
  });

  it('is differentiated from all its outputs, with a gradient for each input', async () => {
    const module = new Cross();
    const [a, b] = [leaf(2, 3), leaf(4, 5)];
    const output = module.forward([a, b]);
    expect([module.inData, module.data]).to.deep.equal([[a, b], output]);
    module.backward([[1, 10], new Variable([100, 1000])]);
    expect(await read(module.grad!)).to.deep.equal([
      [104, 1050],
      [102, 1030],
    ]);
    expect([...(await a.grad!.data())]).to.deep.equal([104, 1050]);
  });

  it('leaves the gradients that it was given, and frees those it made', () => {
    const module = new Cross();
    const given = new Variable([1, 1]).keep();
    scope(() => {
      module.forward([leaf(2, 3), leaf(4, 5)]);
      const before = held();
      module.backward([given, [1, 1]], { updGrad: false });
      expect(module.grad).to.equal(null);
      expect(held().storages).to.equal(before.storages);
    });
    expect(given.released).to.equal(false);
    given.dispose();
  });

  it('gives one Variable that comes twice its whole gradient', async () => {
    const module = new Cross();
    const x = leaf(3);
    module.forward([x, x]);
    module.backward([new Variable([1]), new Variable([1])]);
    expect(await read(module.grad!)).to.deep.equal([[8], [8]]); // d(x x + 2 x)/dx
  });

  it('says which entry is not data, and of which module', () => {
    for (const nothing of [undefined, null, 'text']) {
      const run = () => new Cross({ name: 'cross' }).forward([leaf(1), nothing] as never);
      expect(run).to.throw(TesseraError, /^Cross "cross", its input:\nEntry 1 of the list:\n/);
    }
  });

  it('gives each place of its output a handle of its own', async () => {
    class Twice extends Module<Variable, readonly Variable[]> {
      static override readonly className = 'Twice';
      override dataShapeFrom(shape: readonly number[]) {
        return [[...shape], [...shape]];
      }
      protected override updateData(x: Variable) {
        const y = x.mul(2);
        return [y, y];
      }
    }
    const [first, second] = new Twice().forward([1, 2]);
    first!.dispose();
    expect(await second!.array()).to.deep.equal([2, 4]);
  });

  it('refuses gradients of another number or shape, and none at all', () => {
    const module = new Cross();
    const forward = () => module.forward([leaf(2), leaf(3)]);
    const one = new Variable([1]);
    forward();
    // @ts-expect-error -- one gradient for two outputs
    expect(() => module.backward([one])).to.throw(ShapeError, 'Expected [[1], [1]], received [[1]]');
    // @ts-expect-error -- no list
    expect(() => module.backward(one)).to.throw(ShapeError, 'received [1]');
    expect(() => module.backward()).to.throw(ShapeError, 'received nothing');
    noGrad(forward);
    expect(() => module.backward([one, one])).to.throw(AutogradError, 'needs a recorded forward()');
  });

  it('has hooks that see lists and may replace them', async () => {
    const module = new Cross();
    const seen: unknown[] = [];
    module.registerForwardPreHook((_, [a, b]) => [b, a.mul(10)] as const);
    module.registerForwardHook((_, input, output) => {
      seen.push(input.length, output.length);
      return [output[1], output[0]] as const;
    });
    expect(await read(module.forward([leaf(2), leaf(3)]))).to.deep.equal([[23], [60]]);
    expect(seen).to.deep.equal([2, 2]);
  });

  it('has backward hooks that see a gradient for each entry, and null where none came', async () => {
    const module = new Cross();
    const seen: unknown[] = [];
    module.registerBackwardHook((_, gradInput, gradOutput) => {
      seen.push(...[...gradInput, ...gradOutput].map((grad) => grad?.toString() ?? null));
      return [gradInput[0]!.mul(2), gradInput[1] ?? null];
    });
    const [a, b] = [leaf(2), leaf(3)];
    const [product] = module.forward([a, b]);
    product.backward([1]);
    if (backendName !== 'webgl') expect(seen).to.deep.equal(['[3.]', '[2.]', '[1.]', null]);
    else expect(seen).to.have.length(4);
    expect([[...(await a.grad!.data())], [...(await b.grad!.data())]]).to.deep.equal([[6], [2]]);
  });

  it('refuses hooks that give something else', () => {
    const module = new Cross();
    const hook = module.registerForwardHook((() => [1, 2]) as never);
    expect(() => module.forward([leaf(2), leaf(3)])).to.throw(ModuleError, 'an array');
    hook.remove();
    for (const register of ['registerForwardHook', 'registerForwardPreHook'] as const) {
      const none = module[register]((() => [leaf(2), null]) as never);
      expect(() => module.forward([leaf(2), leaf(3)]), register).to.throw(ModuleError, 'an array');
      none.remove();
    }
    module.registerForwardPreHook(((_: unknown, [a]: [Variable]) => a) as never);
    expect(() => module.forward([leaf(2), leaf(3)])).to.throw(ShapeError, 'it takes a list');
  });

  it('refuses backward hooks that give gradients of another number: they would go to other inputs', () => {
    const module = new Cross();
    const given: [give: (...grads: (Variable | null)[]) => unknown, received: string][] = [
      [(a) => [a], 'a list of 1'],
      [(a) => a, 'one Variable'],
      [(a, b) => [b, a, b], 'a list of 3'],
      [(a, b) => [[a, b]], 'a list of 1'],
      [(a) => [a, 1], 'a list of 2'],
    ];
    for (const [i, [give, received]] of given.entries()) {
      const hook = module.registerBackwardHook(((_: unknown, [a, b]: Variable[]) => give(a!, b!)) as never);
      const [a, b] = [leaf(2), leaf(3)];
      const [product] = module.forward([a, b]);
      expect(() => product.backward(), `hook ${i}`)
        .to.throw(
          AutogradError,
          'Cross: a backward hook returned gradients that are not those of its input. Expected a list of 2',
        )
        .with.property('received', received);
      expect([a.grad, b.grad]).to.deep.equal([null, null]);
      hook.remove();
    }
  });

  it('holds nothing after a step with hooks, and nothing after an error', () => {
    const module = new Cross();
    module.registerBackwardHook((_, gradInput) => gradInput);
    const step = () =>
      scope(() => {
        const [product, sum] = module.forward([leaf(2), leaf(3)]);
        product.add(sum).backward();
      });
    step();
    const before = held();
    for (let i = 0; i < 3; i++) step();
    expect(held()).to.deep.equal(before);
    expect(() => scope(() => module.forward([leaf(2), leaf(3, 4)]))).to.throw(ShapeError, '[[1], [2]]');
    expect(held()).to.deep.equal(before);
  });
});
