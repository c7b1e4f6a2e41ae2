import { backendName, held, expectAtRest, heldAtRest, itCollects, onBackend } from '@tessera-nn/testing';
import { clone, mul } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { checkpoint } from '../checkpoint/checkpoint.js';
import { currentFrame } from '../memory/frame.js';
import { scope } from '../memory/scope.js';
import { Module } from '../module/module.js';
import { watchedSideEffects } from '../checkpoint/side-effects.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
import { grad, jvp, valueAndGrad, vjp } from './functional.js';
import { isRecording } from './grad-mode.js';
import { gradients } from './gradients.js';
import { hessian, jacobian } from './jacobian.js';
import { defineOp } from './op.js';

/** Where something may throw, and the visit at which it does. */
const trap = { place: '', visit: 0, visits: 0 };

function pass(place: string): void {
  if (place === trap.place && ++trap.visits === trap.visit) throw new RangeError(`on purpose: ${place}`);
}

/** Runs work that throws at the given visit of a place; at 0 at none. Gives how often it came there. */
function visiting(place: string, visit: number, work: () => void): number {
  Object.assign(trap, { place, visit, visits: 0 });
  try {
    work();
    return trap.visits;
  } finally {
    trap.place = '';
  }
}

/** y = x, with something in memory when its passes may throw. */
const trapped = (name: string) => {
  const op = defineOp({
    name,
    inputs: ['x'],
    layout: 'any',
    forward: ({ x }) => {
      mul(x, 2);
      pass(`the forward of the ${name} op`);
      return clone(x);
    },
    gradients: (g) => ({
      x: () => {
        g.mul(2);
        pass(`the backward of the ${name} op`);
        return g.mul(1);
      },
    }),
  });
  return (x: Variable) => op({ x });
};

const [first, last] = [trapped('first'), trapped('last')];

/** y = tanh(last(W first(x))), with something in memory before and after. */
class Inner extends Module {
  static override readonly className = 'Inner';
  readonly W = parameter([0.5, -1.5], { name: 'W' });
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    const inside = first(x.add(0));
    pass('updateData');
    const result = inside.mul(this.W);
    if (result.tracked) result.registerHook(() => pass('a hook on a result'));
    return last(result).tanh();
  }
}

class Net extends Module {
  static override readonly className = 'Net';
  readonly inner: Module;
  readonly again = new Inner();
  constructor(wrap: (module: Module) => Module = (module) => module) {
    super();
    this.inner = wrap(new Inner());
    for (const module of [this.inner, this.again]) {
      module.registerForwardPreHook(() => pass('a hook before forward'));
      module.registerForwardHook((_, __, output) => (pass('a hook after forward'), output.mul(1)));
      module.registerBackwardHook(() => pass('a hook after backward'));
    }
    for (const variable of this.parameters()) variable.registerHook(() => pass('a hook on a parameter'));
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return this.again.forward(this.inner.forward(x));
  }
}

const places = [
  'the forward of the first op',
  'the forward of the last op',
  'updateData',
  'a hook before forward',
  'a hook after forward',
  'the backward of the first op',
  'the backward of the last op',
  'a hook after backward',
  'a hook on a result',
  'a hook on a parameter',
];

let plain: Net, recomputing: Net;

const input = () => new Variable([0.25, -0.75], { requiresGrad: true });
const lossOf = (x: Variable, of = plain) => of.forward(x).square().sum();
const read = (variables: Iterable<Variable>) => [...variables].map((variable) => [...variable.data.dataSync()]);

/** The gradients of parameters and input, which are forgotten. */
function take(of: Net, ...others: Variable[]): number[][] {
  return [...of.parameters(), ...others].map((variable) => {
    const values = [...variable.grad!.dataSync()];
    variable.zeroGrad();
    return values;
  });
}

/** Every way to differentiate, each giving numbers that depend on the whole of both passes. */
const styles: Record<string, () => number[][]> = {
  'loss.backward()': () => {
    const x = input();
    lossOf(x).backward();
    return take(plain, x);
  },
  'a graph that is kept for a second pass': () => {
    const x = input();
    const loss = lossOf(x);
    loss.backward(undefined, { retainGraph: true });
    const once = take(plain, x);
    loss.backward();
    return [...once, ...take(plain, x)];
  },
  'module.backward(grad)': () => {
    plain.forward([0.25, -0.75]);
    plain.backward([1, 2]);
    return [...take(plain), ...read([plain.grad!])];
  },
  'gradients()': () => read(gradients(lossOf(input()), [...plain.parameters()])),
  'gradients of gradients': () => {
    const x = input();
    const [slope] = gradients(lossOf(x), [x], { createGraph: true });
    slope!.square().sum().backward();
    return take(plain, x);
  },
  checkpoint: () => {
    const x = input();
    lossOf(x, recomputing).backward();
    return take(recomputing, x);
  },
  grad: () => read([grad((x) => lossOf(x))([0.25, -0.75])]),
  valueAndGrad: () => read(valueAndGrad((x) => lossOf(x))([0.25, -0.75])),
  vjp: () => {
    const [y, pullback] = vjp((x) => plain.forward(x), [0.25, -0.75]);
    return read([y, ...pullback([1, 2])]);
  },
  jvp: () => read(jvp((x) => plain.forward(x), [[0.25, -0.75]], [[1, 2]])),
  jacobian: () => read([jacobian((x) => plain.forward(x), [0.25, -0.75])]),
  hessian: () => read([hessian((x) => lossOf(x), [0.25, -0.75])]),
};

/** The stack is the same on every backend: on one of them each style. */
const tried = Object.entries(styles).filter(
  ([name]) => backendName === 'wasm' || ['loss.backward()', 'module.backward(grad)', 'checkpoint'].includes(name),
);

describe(`An exception in the middle [${backendName}]`, () => {
  onBackend();

  before(() => {
    [plain, recomputing] = [new Net(), new Net((module) => checkpoint(module))];
  });
  after(() => [plain, recomputing].forEach((module) => module.dispose()));

  function expectNothingOpen(what: string): void {
    expect(isRecording(), what).to.equal(true);
    expect(currentFrame(), what).to.equal(undefined);
    expect(watchedSideEffects(), what).to.equal(undefined);
    for (const module of [plain, recomputing]) {
      for (const variable of module.parameters()) expect(variable.grad, what).to.equal(null);
    }
  }

  for (const place of places) {
    itCollects(`${place}: leaves nothing behind, in any style, and the next step is right`, async function () {
      this.timeout(60_000);
      const fail = (style: () => number[][], visit: number) => () => visiting(place, visit, style);
      const expected = new Map(tried.map(([name, style]) => [name, scope(style)]));
      let came = 0;
      const before = await heldAtRest();
      for (const [name, style] of tried) {
        const visits = scope(() => visiting(place, 0, style));
        came += visits;
        for (const visit of new Set(visits ? [1, visits] : [])) {
          const what = `${name}, visit ${visit} of ${visits}`;
          const now = held();
          expect(() => scope(fail(style, visit)), what).to.throw(RangeError, `on purpose: ${place}`);
          expectNothingOpen(what);
          expect(held(), what).to.deep.equal(now); // at once, the collector has no turn here
          expect(fail(style, visit), what).to.throw(RangeError, `on purpose: ${place}`);
          expectNothingOpen(what);
          expect(scope(style), what).to.deep.equal(expected.get(name));
        }
      }
      await expectAtRest(before);
      expect(came).to.be.greaterThan(tried.length);
    });
  }

  it('keeps a graph that was to be kept, so that the next pass over it is right', () => {
    const x = input();
    const loss = lossOf(x);
    const retainGraph = true;
    for (const place of places.filter((one) => one.includes('backward'))) {
      expect(() => visiting(place, 1, () => loss.backward(undefined, { retainGraph }))).to.throw(RangeError);
    }
    expect(x.grad).to.equal(null);
    loss.backward();
    expect(take(plain, x)).to.deep.equal(scope(styles['loss.backward()']!));
  });
});
