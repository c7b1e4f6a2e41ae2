import { Module, OptimizerError, parameter, scope, seed, Variable } from '@tessera-nn/core';
import { allOrNothing } from '@tessera-nn/core/internal';
import { expect } from 'chai';
import { backendName, onBackend } from './backend.js';
import { expectClose, type Tolerance } from './close.js';
import { expectNoMore, held } from './memory.js';
import { randomNd } from './random-values.js';

/** What an optimizer must offer to be tested. */
export interface TestedOptimizer {
  t: number;
  setupOn(module: Module): this;
  update(): void;
  zeroGradParams(): void;
  dispose(): void;
  stateDict(): Promise<unknown>;
  loadStateDict(state: never): void;
  toString(): string;
}

/** Values after each of several steps in another system. */
export interface OptimizerGolden {
  attrs: Record<string, number>;
  initial: readonly number[];
  grads: readonly (readonly number[])[];
  values: readonly (readonly number[])[];
}

export interface OptimizerSpecification<O extends TestedOptimizer> {
  make: () => O;
  /**
   * The rule in float64: changes `w` and `state` in place. `rate` and `momentum` are the Variable's own factors, `t`
   * counts from 1; state starts as zeros and may grow.
   */
  reference: (w: number[], g: readonly number[], state: number[][], t: number, rate: number, momentum: number) => void;
  /** Runs of another system, with its name and version. */
  goldens?: { producer: string; runs: readonly OptimizerGolden[]; make: (attrs: Record<string, number>) => O };
  tolerance?: Tolerance;
}

/** A module of bare Variables; gradients are put in by hand. */
class Bare extends Module {
  static override readonly className = 'Bare';
  readonly w = parameter(randomNd([3, 4], 1).data, { shape: [3, 4], name: 'w' });
  readonly v = parameter(randomNd([5], 2).data, { shape: [5] });
  constructor() {
    super();
    for (const variable of [this.w, this.v]) variable.wc = 1;
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(data: Variable): Variable {
    return data.mul(this.w);
  }
}

function putGrad(variable: Variable, grad: ArrayLike<number>): void {
  variable.zeroGrad();
  const part = new Variable(Float32Array.from(grad), { shape: variable.shape });
  variable.accumulateGrad(part);
  part.dispose();
}

/** What every optimizer must do, on the backend of this run. */
export function optimizerSpec<O extends TestedOptimizer>(name: string, specification: OptimizerSpecification<O>): void {
  const { make, reference, goldens, tolerance } = specification;

  // With the companion alone on wasm: what runs without it is the same formula in loops.
  describe(`${name} [${backendName}]`, () => {
    onBackend();
    beforeEach(() => seed(20261121));

    for (const golden of goldens?.runs ?? []) {
      it(`changes weights over ${golden.values.length} steps as ${goldens!.producer} does with ${Object.keys(golden.attrs).join()}`, async () => {
        const module = new Bare();
        module.setVar('w', new Variable(golden.initial, { shape: [3, 4] }));
        const optimizer = goldens!.make(golden.attrs).setupOn(module);
        for (const [i, grad] of golden.grads.entries()) {
          putGrad(module.w, grad);
          optimizer.update();
          expectClose(await module.w.values(), golden.values[i]!, `step ${i + 1}`, tolerance);
        }
      });
    }

    it('follows its rule in float64, with the own rates of each Variable', async () => {
      const module = new Bare();
      module.w.learnRate = 0.5;
      module.w.momRate = 0.7;
      const optimizer = make().setupOn(module);
      const [w, v] = [[...(await module.w.values())], [...(await module.v.values())]];
      const states: [number[][], number[][]] = [[], []];
      for (let t = 1; t <= 5; t++) {
        const [gw, gv] = [randomNd([12], 10 + t), randomNd([5], 20 + t)];
        putGrad(module.w, gw.data);
        putGrad(module.v, gv.data);
        optimizer.update();
        reference(w, [...gw.data], states[0], t, 0.5, 0.7);
        reference(v, [...gv.data], states[1], t, 1, 1);
        expectClose(await module.w.values(), w, `w after step ${t}`, tolerance);
        expectClose(await module.v.values(), v, `v after step ${t}`, tolerance);
      }
    });

    it('leaves frozen Variables and those without a gradient alone', async () => {
      const module = new Bare();
      module.w.learnRate = 0;
      const optimizer = make().setupOn(module);
      const before = [(await module.w.values()).slice(), (await module.v.values()).slice()];
      putGrad(module.w, randomNd([12], 3).data);
      optimizer.update();
      expect(await module.w.values()).to.deep.equal(before[0]);
      expect(await module.v.values()).to.deep.equal(before[1]);
    });

    it('takes nothing over from gradients that came while a Variable was frozen, not even NaN', async () => {
      const module = new Bare();
      const optimizer = make().setupOn(module);
      module.w.learnRate = 0;
      putGrad(module.w, new Float32Array(12).fill(NaN));
      putGrad(module.v, randomNd([5], 4).data);
      optimizer.update();
      module.w.learnRate = 1;
      putGrad(module.w, randomNd([12], 3).data);
      optimizer.update();
      for (const value of await module.w.values()) expect(value).to.satisfy(Number.isFinite);
    });

    it('shows in a weight that its state is not finite', async () => {
      const module = new Bare();
      const optimizer = make().setupOn(module);
      putGrad(module.v, [Infinity, 1e30, NaN, 1, 0]);
      optimizer.update();
      const { states } = (await optimizer.stateDict()) as {
        states: Record<string, Record<string, { values: number[] }>>;
      };
      const weights = await module.v.values();
      for (const { values } of Object.values(states.v!)) {
        for (const [i, value] of values.entries())
          if (!Number.isFinite(value)) expect(weights[i]).to.satisfy(Number.isNaN);
      }
      expect(weights[2]).to.satisfy(Number.isNaN);
    });

    it('leaves a frozen module alone', async () => {
      const module = new Bare();
      const optimizer = make().setupOn(module);
      putGrad(module.w, randomNd([12], 3).data);
      module.freeze();
      const before = (await module.w.values()).slice();
      expect(() => optimizer.update()).to.throw(OptimizerError, 'every parameter of Bare is frozen');
      expect(await module.w.values()).to.deep.equal(before);
    });

    it('brings a Variable back to what its constraint allows after each step, or changes nothing when that fails', async () => {
      const [module, free] = [new Bare(), new Bare()];
      free.loadStateDict(module.stateDict());
      const [optimizer, other] = [make().setupOn(module), make().setupOn(free)];
      for (const bare of [module, free]) putGrad(bare.w, randomNd([12], 3).data);
      module.w.constraint = (values) => values.relu();
      optimizer.update();
      other.update();
      const unbound = await free.w.values();
      expect(Math.min(...unbound)).to.be.lessThan(0);
      expect(await module.w.values()).to.deep.equal(unbound.map((value) => Math.max(value, 0)));

      const before = held();
      const w = (await module.w.values()).slice();
      module.w.constraint = () => {
        throw new RangeError('on purpose');
      };
      expect(() => optimizer.update()).to.throw(RangeError, 'on purpose');
      module.w.constraint = (values) => values.reshape([12]);
      expect(() => optimizer.update()).to.throw(OptimizerError, 'the constraint of "w" returned another shape');
      expect(await module.w.values()).to.deep.equal(w);
      expectNoMore(before);
    });

    it('leaves a Variable with an updater to it', () => {
      const module = new Bare();
      const calls: [Variable, number][] = [];
      module.v.updater = (variable, learnRate) => calls.push([variable, learnRate]);
      putGrad(module.v, randomNd([5], 3).data);
      make().setupOn(module).update();
      expect(calls).to.have.length(1);
      expect(calls[0]![0]).to.equal(module.v);
    });

    it('changes nothing when an updater fails', async () => {
      const module = new Bare();
      const optimizer = make().setupOn(module);
      for (const variable of [module.w, module.v]) putGrad(variable, randomNd([variable.size], 3).data);
      optimizer.update();
      const [w, v] = [(await module.w.values()).slice(), (await module.v.values()).slice()];
      const before = held();
      module.v.updater = (variable) => {
        variable.set(new Variable(new Float32Array(5), { shape: [5] }));
        throw new RangeError('on purpose');
      };
      expect(() => scope(() => optimizer.update())).to.throw(RangeError, 'on purpose');
      expect(await module.w.values()).to.deep.equal(w);
      expect(await module.v.values()).to.deep.equal(v);
      expect(optimizer.t).to.equal(1);
      expectNoMore(before);
    });

    it('is taken back whole by work that fails behind it, and holds nothing more when it does not', async () => {
      const module = new Bare();
      const optimizer = make().setupOn(module);
      putGrad(module.w, randomNd([12], 3).data);
      optimizer.update();
      const [w, state] = [(await module.w.values()).slice(), await optimizer.stateDict()];
      const before = held();
      const fails = () =>
        allOrNothing(() => {
          for (let step = 0; step < 2; step++) optimizer.update();
          throw new RangeError('on purpose');
        });
      expect(fails).to.throw(RangeError, 'on purpose');
      expect([await module.w.values(), await optimizer.stateDict()]).to.deep.equal([w, state]);
      allOrNothing(() => optimizer.update());
      expectNoMore(before);
    });

    it('says why there is nothing to learn', () => {
      const empty = new Bare();
      for (const name of ['w', 'v']) Reflect.deleteProperty(empty, name);
      expect(() => make().setupOn(empty).update()).to.throw(OptimizerError, 'Bare has no parameters');
      const [module, other] = [new Bare(), new Bare()];
      putGrad(other.w, randomNd([12], 3).data);
      expect(() => make().setupOn(module).update()).to.throw(OptimizerError, 'on a loss of this very network');
    });

    it('is shown by the console with its numbers', () => {
      expect(String(make())).to.match(/^\w+\((?:.+, )?learnRate=[^,]+.*\)$/);
      const shown = make() as unknown as Record<symbol, () => string>;
      expect(shown[Symbol.for('nodejs.util.inspect.custom')]!()).to.equal(String(make()));
    });

    it('says what is missing before it can step, and changes nothing', async () => {
      const module = new Bare();
      expect(() => make().update()).to.throw(OptimizerError, 'setupOn');
      const optimizer = make().setupOn(module);
      expect(() => optimizer.update()).to.throw(OptimizerError, 'no gradient came to a parameter of Bare');
      putGrad(module.w, randomNd([12], 3).data);
      module.evalMode();
      const before = (await module.w.values()).slice();
      expect(() => optimizer.update()).to.throw(OptimizerError, 'trainMode()');
      expect(await module.w.values()).to.deep.equal(before);
      expect(optimizer.t).to.equal(0);
    });

    it('changes nothing when one of several updates fails', async () => {
      const module = new Bare();
      const optimizer = make().setupOn(module);
      putGrad(module.w, randomNd([12], 3).data);
      putGrad(module.v, randomNd([5], 4).data);
      optimizer.update();
      const [w, v] = [(await module.w.values()).slice(), (await module.v.values()).slice()];
      const before = held();
      const addHook = (optimizer as unknown as { addHook(hook: object): void }).addHook.bind(optimizer);
      addHook({
        changeGrad(variable: Variable, grad: Variable) {
          if (variable === module.v) throw new RangeError('on purpose');
          return grad.mul(2);
        },
      });
      expect(() => optimizer.update()).to.throw(RangeError, 'on purpose');
      expect(await module.w.values()).to.deep.equal(w);
      expect(await module.v.values()).to.deep.equal(v);
      expect(optimizer.t).to.equal(1);
      expectNoMore(before);
    });

    it('continues from a saved state to the bit', async () => {
      const [module, copy] = [new Bare(), new Bare()];
      const [optimizer, other] = [make().setupOn(module), make().setupOn(copy)];
      const step = (target: Bare, running: O, s: number) => {
        putGrad(target.w, randomNd([12], s).data);
        putGrad(target.v, randomNd([5], s + 1).data);
        running.update();
      };
      for (const s of [1, 2, 3]) step(module, optimizer, s);
      copy.w.set(module.w);
      copy.v.set(module.v);
      other.loadStateDict(JSON.parse(JSON.stringify(await optimizer.stateDict())) as never);
      for (const s of [4, 5]) {
        step(module, optimizer, s);
        step(copy, other, s);
      }
      expect(await copy.w.values()).to.deep.equal(await module.w.values());
      expect(await copy.v.values()).to.deep.equal(await module.v.values());
    });

    it('holds nothing more after many steps than after one', () => {
      const module = new Bare();
      const optimizer = make().setupOn(module);
      const step = () =>
        scope(() => {
          putGrad(module.w, randomNd([12], 3).data);
          putGrad(module.v, randomNd([5], 3).data);
          optimizer.update();
        });
      step();
      const before = held();
      for (let i = 0; i < 5; i++) step();
      expectNoMore(before);
      optimizer.zeroGradParams();
      expect(module.w.grad).to.equal(null);
    });
  });
}
