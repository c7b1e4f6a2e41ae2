import {
  fromBlueprint,
  loadStateDict,
  noGrad,
  scope,
  seed,
  stateDict,
  Variable,
  type AnyModule,
  type Blueprint,
  type Shapes,
} from '@tessera-nn/core';
import { variablesIn } from '@tessera-nn/core/internal';
import { expect } from 'chai';
import { backendName, describeBodies, numbersAlone } from './backend.js';
import { centralDifferences } from './central-differences.js';
import { expectClose } from './close.js';
import { checkDrawn } from './drawn-checks.js';
import { itHoldsFor } from './draw.js';
import { held } from './memory.js';
import {
  checkFirstInput,
  checkFirstModule,
  checkForward,
  checkGradients,
  checkSecondGradients,
  checkSpecials,
  cotangentFor,
  cotangentOf,
  expectGrad,
  readTensors,
} from './module-checks.js';
import { kinksOf, type ModuleCase, type ModuleSpecification } from './module-specification.js';
import type { Nd } from './nd.js';
import { filled, flat, ndsIn, toVariables, type Nds } from './nds.js';
import { offKinks, randomNd, signedInputs, signShares } from './random-values.js';

/** Of fewer random numbers one sign may be missing by chance. */
const ENOUGH_FOR_EVERY_SIGN = 24;

/** What every module must do, on the backend of this run. Specs add what only their module has. */
export function moduleSpec<M extends AnyModule, X extends Nds = Nd, Y extends Nds = Nd>(
  name: string,
  specification: ModuleSpecification<M, X, Y>,
): void {
  const {
    classes,
    cases,
    otherShape,
    specials = false,
    gradientsAtOnce = false,
    refuses = [],
    tolerance,
  } = specification;

  describeBodies(name, (isFirst) => {
    beforeEach(() => seed(20261121));

    // Further bodies of the kernels are held against every geometry in their own specs.
    for (const one of isFirst ? cases : cases.slice(0, 1)) {
      describe(one.title, () => {
        it('agrees with the float64 reference, of the shape its rule says', async () => {
          await checkForward(specification, one, inputOf(one, one.shape));
        });

        const smooth = () => awayFrom(kinksOf(specification, one.make()), inputOf(one, one.shape));

        it('gives gradients of input and parameters as central differences do, all at once and each alone', async () => {
          await checkGradients(specification, one, smooth());
        });

        // The kernels are those of the gradients above, in other combinations.
        if (backendName !== 'wasm' && one !== cases[0]) return;
        it('gives gradients of its gradients as differences of differences do', async () => {
          await checkSecondGradients(specification, one, smooth());
        });
      });
    }

    const first = cases[0]!;
    if (specials) {
      it('treats zeros, infinities, NaN and extreme numbers as the reference does, backward too', async () => {
        await checkSpecials(specification, first);
      });
    }

    if (!isFirst) return;

    itHoldsFor('configurations', (draw) => checkDrawn(specification, draw));
    if (numbersAlone) return;

    const random = (seedValue: number) => filled(first.shape, seedValue, randomNd) as X;
    /** One number of all outputs, each times a cotangent. */
    const project = (module: M, x: X, cotangentSeed: number) => {
      const outputs = variablesIn(module.forward(toVariables(x, true)));
      return outputs.map((y, i) => y.mul(cotangentFor(y, cotangentSeed + i)).sum()).reduce((a, b) => a.add(b));
    };

    it('is asked about numbers of every sign', () => {
      const inputs = cases.map((one) => ({ title: one.title, shares: signShares(flat(inputOf(one, one.shape))), one }));
      for (const { title, shares, one } of inputs) {
        if (one.input || shares.count < ENOUGH_FOR_EVERY_SIGN) continue; // on purpose, or too few for all
        expect(shares.negative, title).to.be.greaterThan(0.2);
        expect(shares.zero, title).to.be.greaterThan(0);
        expect(shares.positive, title).to.be.greaterThan(0.2);
      }
      for (const sign of ['negative', 'zero', 'positive'] as const)
        expect(Math.max(...inputs.map(({ shares }) => shares[sign])), sign).to.be.greaterThan(0);
    });

    it('takes another batch and size after the first', async () => {
      const module = first.make();
      noGrad(() => module.forward(toVariables(inputOf(first, first.shape))));
      await checkForward(specification, { ...first, make: () => module }, inputOf(first, otherShape));
    });

    it('adds up the gradients of two uses in one graph', async () => {
      const module = first.make();
      const uses = [3, 4].map((s) => awayFrom(kinksOf(specification, module), random(s)));
      const expected = new Map<string, Float64Array>();
      const shapes = shapesAfter(module, first.shape);
      for (const x of uses) {
        const { tensors } = await readTensors(module);
        const cotangent = cotangentOf(shapes, 9);
        for (const [path, variable] of module.namedParameters()) {
          if (!variable.requiresGrad) continue;
          const evaluate = () => flat(specification.reference(x, tensors, module));
          const part = centralDifferences(evaluate, tensors[path]!, cotangent);
          expected.set(
            path,
            (expected.get(path) ?? part.map(() => 0)).map((sum, i) => sum + part[i]!),
          );
        }
      }
      const [one, other] = uses.map((x) => project(module, x, 9));
      one!.add(other!).backward();
      for (const [path, variable] of module.namedParameters()) {
        if (variable.requiresGrad) await expectGrad(variable, expected.get(path)!, `gradient of ${path}`, tolerance);
      }
    });

    it('gives the same by backward() as by the tape', async () => {
      const module = first.make();
      const x = awayFrom(kinksOf(specification, module), random(5));
      const output = module.forward(toVariables(x));
      const shapes = variablesIn(output).map(({ shape }) => shape);
      const { tensors } = await readTensors(module, true);
      const seeds = variablesIn(output).map((y, i) => cotangentFor(y, 6 + i));
      module.backward(Array.isArray(output) ? seeds : seeds[0]!);
      const evaluate = () => flat(specification.reference(x, tensors, module));
      const grads = [module.grad].flat() as Variable[];
      for (const [i, part] of ndsIn(x).entries()) {
        const expected = centralDifferences(evaluate, part, cotangentOf(shapes, 6));
        expectClose(await grads[i]!.values(), expected, `gradient of input ${i}`, tolerance);
      }
    });

    it('holds nothing after a step, and nothing after an error', () => {
      const module = first.make();
      const step = () =>
        scope(() => {
          project(module, random(2), 2).backward();
          module.zeroGradParams();
        });
      step();
      const before = held();
      for (let i = 0; i < 3; i++) step();
      expect(held()).to.deep.equal(before);
      const fail = () =>
        scope(() => {
          module.forward(toVariables(random(2)));
          throw new TypeError('on purpose');
        });
      expect(fail).to.throw(TypeError, 'on purpose');
      expect(held()).to.deep.equal(before);
    });

    it('comes back from blueprint and state to the bit', async () => {
      const module = first.make();
      const blueprint = JSON.parse(JSON.stringify(module.getBlueprint())) as Blueprint;
      const copy = fromBlueprint<M>(blueprint, classes);
      expect(copy.getBlueprint()).to.deep.equal(blueprint);
      expect(copy.toString()).to.equal(module.toString());
      loadStateDict(copy, await stateDict(module));
      const x = inputOf(first, first.shape);
      const [a, b] = [module, copy].map((m) => {
        seed(1); // for modules that draw in their forward pass
        return variablesIn(m.forward(toVariables(x)));
      });
      for (const [i, output] of a!.entries()) expect(await b![i]!.values()).to.deep.equal(await output.values());
    });

    it('takes sizes that were left out from its first input, with the parameters that it would have had', async () => {
      // What is made of a size is the same on every backend.
      for (const one of backendName === 'wasm' ? cases : [first])
        await checkFirstInput(specification, one, inputOf(one, one.shape));
    });

    if (!gradientsAtOnce) {
      it('computes no gradient of its input where nobody wants it, as in front of a container', () => {
        checkFirstModule(first, random(7));
      });
    }

    for (const refusal of refuses) {
      it(`refuses ${refusal.title}`, () => {
        const before = { ...held() };
        let error: unknown;
        try {
          scope(() => refusal.run?.(refusal.make()) ?? refusal.make());
        } catch (caught) {
          error = caught;
        }
        expect(error).to.be.instanceOf(refusal.type);
        for (const text of refusal.says) {
          if (typeof text === 'string') expect((error as Error).message).to.contain(text);
          else expect((error as Error).message).to.match(text);
        }
        expect(held().storages - before.storages).to.be.lessThan(10); // its parameters wait for the collector
      });
    }
  });
}

function inputOf<M extends AnyModule, X extends Nds>(one: ModuleCase<M, X>, shape: Shapes): X {
  return one.input?.(shape as readonly number[]) ?? (filled(shape, 1, signedInputs) as X);
}

function awayFrom<X extends Nds>(kinks: readonly number[], x: X): X {
  return ('data' in x ? offKinks(x, kinks) : x.map((part) => offKinks(part, kinks))) as X;
}

/** The shapes of the outputs, in their order. */
function shapesAfter(module: AnyModule, shape: Shapes): (readonly number[])[] {
  return noGrad(() => variablesIn(module.forward(toVariables(filled(shape, 1, randomNd))))).map((y) => y.shape);
}
