import {
  concat,
  fromBlueprint,
  loadStateDict,
  noGrad,
  scope,
  seed,
  stateDict,
  TesseraError,
  Variable,
  type AnyModule,
  type Blueprint,
  type ModuleClass,
  type Shapes,
} from '@tessera-nn/core';
import { shapeOf, variablesIn } from '@tessera-nn/core/internal';
import { expect } from 'chai';
import { describeBodies } from './backend.js';
import { centralDifferences } from './central-differences.js';
import { expectClose, type Tolerance } from './close.js';
import { held } from './memory.js';
import { nd, type Nd } from './nd.js';
import { filled, flat, ndsIn, toVariables, type Nds } from './nds.js';
import { offKinks, randomNd, signedInputs, signShares } from './random-values.js';
import { checkSecondOrder } from './second-order.js';

/** Parameters and buffers by dotted path, in float64. */
export type Tensors = Record<string, Nd>;

export interface ModuleCase<M extends AnyModule, X extends Nds = Nd> {
  title: string;
  make: () => M;
  /** Of the input; for a module that takes a list, the list of shapes. */
  shape: X extends Nd ? readonly number[] : readonly (readonly number[])[];
  /** The inputs, when random ones of all signs will not do. */
  input?: (shape: readonly number[]) => X;
}

export interface Refusal<M extends AnyModule> {
  title: string;
  make: () => M;
  run?: (module: M) => unknown;
  type: abstract new (...args: never[]) => TesseraError;
  /** Everything the message must say. */
  says: readonly (string | RegExp)[];
}

export interface ModuleSpecification<M extends AnyModule, X extends Nds = Nd, Y extends Nds = Nd> {
  /** Every class that the module's blueprint names. */
  classes: readonly ModuleClass[];
  /** The forward pass in float64 (of and to lists, where the module has them), of the input and the parameters and buffers as they were before it. */
  reference: (x: X, tensors: Tensors, module: M) => Y;
  cases: readonly ModuleCase<M, X>[];
  /** A shape of another batch (and other spatial sizes, where the module takes them) for the first case. */
  otherShape: ModuleCase<M, X>['shape'];
  /** Inputs at which there is no derivative; the gradient check stays away from them. */
  kinks?: readonly number[];
  /** Whether infinities, NaN, signed zeros and very large and small numbers must come out as in the reference. */
  specials?: boolean;
  refuses?: readonly Refusal<M>[];
  tolerance?: Tolerance;
}

/** What every module must do, on the backend of this run. Specs add what only their module has. */
export function moduleSpec<M extends AnyModule, X extends Nds = Nd, Y extends Nds = Nd>(
  name: string,
  specification: ModuleSpecification<M, X, Y>,
): void {
  const { classes, cases, otherShape, kinks = [], specials = false, refuses = [], tolerance } = specification;

  describeBodies(name, () => {
    beforeEach(() => seed(20261121));

    for (const one of cases) {
      describe(one.title, () => {
        it('agrees with the float64 reference, of the shape its rule says', async () => {
          await checkForward(specification, one, inputOf(one, one.shape), tolerance);
        });

        it('gives gradients of input and parameters as central differences do', async () => {
          await checkGradients(specification, one, awayFrom(kinks, inputOf(one, one.shape)), tolerance);
        });

        it('gives gradients of its gradients as differences of differences do', async () => {
          await checkSecondGradients(specification, one, awayFrom(kinks, inputOf(one, one.shape)), tolerance);
        });
      });
    }

    const first = cases[0]!;
    const random = (seedValue: number) => filled(first.shape, seedValue, randomNd) as X;
    /** One number of all outputs, each times a cotangent. */
    const project = (module: M, x: X, cotangentSeed: number) => {
      const outputs = variablesIn(module.forward(toVariables(x, true)));
      return outputs.map((y, i) => y.mul(cotangentFor(y, cotangentSeed + i)).sum()).reduce((a, b) => a.add(b));
    };

    it('takes inputs of every sign', () => {
      const shares = signShares(signedInputs([4, 3, 8, 8], 1));
      expect(shares.negative).to.be.greaterThan(0.3);
      expect(shares.zero).to.be.greaterThan(0.05);
      expect(shares.positive).to.be.greaterThan(0.3);
    });

    it('takes another batch and size after the first', async () => {
      const module = first.make();
      noGrad(() => module.forward(toVariables(inputOf(first, first.shape))));
      await checkForward(specification, { ...first, make: () => module }, inputOf(first, otherShape), tolerance);
    });

    it('adds up the gradients of two uses in one graph', async () => {
      const module = first.make();
      const uses = [3, 4].map((s) => awayFrom(kinks, random(s)));
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
      const x = awayFrom(kinks, random(5));
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

    if (specials) {
      it('treats zeros, infinities, NaN and extreme numbers as the reference does', async () => {
        const module = first.make();
        const row = [-Infinity, -1e30, -100, -1, -1e-30, -0, 0, 1e-30, 1, 100, 1e30, Infinity, NaN].map(Math.fround);
        const x = filled(first.shape, 0, (shape, from) => {
          const size = shape.reduce((product, length) => product * length, 1);
          const values = Array.from({ length: size }, (_, i) => row[(i + (from / 100) * 3) % row.length]!);
          return nd(shape, values);
        }) as X;
        const { tensors } = await readTensors(module);
        const expected = ndsIn(specification.reference(x, tensors, module));
        for (const [i, output] of variablesIn(module.forward(toVariables(x))).entries()) {
          expectClose(await output.values(), expected[i]!.data, 'special values', { ...tolerance, ofLargest: 0 });
        }
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

/** Random factors for all outputs, one behind the other. */
function cotangentOf(shapes: readonly (readonly number[])[], seedValue: number): Nd {
  return flat(shapes.map((shape, i) => randomNd(shape, seedValue + i)));
}

function cotangentFor({ shape }: Variable, seedValue: number): Variable {
  return new Variable(randomNd(shape, seedValue).data, { shape });
}

async function readTensors(module: AnyModule, parametersOnly = false): Promise<{ tensors: Tensors }> {
  const tensors: Tensors = {};
  for (const [path, variable] of parametersOnly ? module.namedParameters() : module.namedTensors()) {
    tensors[path] = nd(variable.shape, await variable.values());
  }
  return { tensors };
}

/** The forward half of moduleSpec, for a single case. @throws AssertionError when it does not agree. */
export async function checkForward<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference }: ModuleSpecification<M, X, Y>,
  { make }: ModuleCase<M, X>,
  x: X,
  tolerance?: Tolerance,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const expected = reference(x, tensors, module);
  const output = module.forward(toVariables(x));
  const shapes = 'data' in expected ? expected.shape : expected.map(({ shape }) => shape);
  expect(module.dataShapeFrom('data' in x ? x.shape : x.map(({ shape }) => shape))).to.deep.equal(shapes);
  expect(shapeOf(output)).to.deep.equal(shapes);
  for (const [i, y] of variablesIn(output).entries()) {
    expectClose(await y.values(), ndsIn(expected)[i]!.data, 'output', tolerance);
  }
}

/** The gradient half of moduleSpec, for a single case. @throws AssertionError naming the gradient that is wrong. */
export async function checkGradients<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference }: ModuleSpecification<M, X, Y>,
  { make }: ModuleCase<M, X>,
  x: X,
  tolerance?: Tolerance,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const input = toVariables(x, true);
  const outputs = variablesIn(module.forward(input));
  outputs
    .map((y, i) => y.mul(cotangentFor(y, 8 + i)).sum())
    .reduce((a, b) => a.add(b))
    .backward();
  const evaluate = () => flat(reference(x, tensors, module));
  const cotangent = cotangentOf(
    outputs.map(({ shape }) => shape),
    8,
  );
  for (const [i, variable] of variablesIn(input).entries()) {
    const expected = centralDifferences(evaluate, ndsIn(x)[i]!, cotangent);
    await expectGrad(variable, expected, 'gradient of the input', tolerance);
  }
  for (const [path, parameter] of module.namedParameters()) {
    if (!parameter.requiresGrad) continue;
    const expected = centralDifferences(evaluate, tensors[path]!, cotangent);
    await expectGrad(parameter, expected, `gradient of ${path}`, tolerance);
  }
}

/** The second-order half of the gradients of moduleSpec, for a single case. @throws AssertionError, AutogradError. */
export async function checkSecondGradients<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference }: ModuleSpecification<M, X, Y>,
  { make }: ModuleCase<M, X>,
  x: X,
  tolerance?: Tolerance,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const input = toVariables(x, true);
  const learned = [...module.namedParameters()].filter(([, parameter]) => parameter.requiresGrad);
  await checkSecondOrder({
    // A list as one row of numbers, as `flat` makes it of the reference.
    forward: () => {
      const output = module.forward(input);
      return Array.isArray(output) ? concat(variablesIn(output).map((y) => y.reshape([-1]))) : (output as Variable);
    },
    leaves: [...variablesIn(input).map((leaf) => ['the input', leaf] as const), ...learned],
    reference: () => {
      const expected = reference(x, tensors, module);
      return 'data' in expected ? expected : flat(expected);
    },
    values: [...ndsIn(x), ...learned.map(([path]) => tensors[path]!)],
    tolerance,
  });
}

async function expectGrad(variable: Variable, expected: Float64Array, what: string, tolerance?: Tolerance) {
  expect(variable.grad, what).to.not.equal(null);
  expectClose(await variable.grad!.data(), expected, what, tolerance);
}
