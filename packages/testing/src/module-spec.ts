import {
  fromBlueprint,
  loadStateDict,
  noGrad,
  scope,
  seed,
  stateDict,
  TesseraError,
  Variable,
  type Module,
  type ModuleClass,
} from '@tessera/core';
import { expect } from 'chai';
import { describeBodies } from './backend.js';
import { centralDifferences } from './central-differences.js';
import { expectClose, type Tolerance } from './close.js';
import { held } from './memory.js';
import { nd, type Nd } from './nd.js';
import { offKinks, randomNd, signedInputs, signShares } from './random-values.js';
import { checkSecondOrder } from './second-order.js';

/** Parameters and buffers by dotted path, in float64. */
export type Tensors = Record<string, Nd>;

export interface ModuleCase<M extends Module> {
  title: string;
  make: () => M;
  shape: readonly number[];
  /** The inputs, when random ones of all signs will not do. */
  input?: (shape: readonly number[]) => Nd;
}

export interface Refusal<M extends Module> {
  title: string;
  make: () => M;
  run?: (module: M) => unknown;
  type: abstract new (...args: never[]) => TesseraError;
  /** Everything the message must say. */
  says: readonly (string | RegExp)[];
}

export interface ModuleSpecification<M extends Module> {
  /** Every class that the module's blueprint names. */
  classes: readonly ModuleClass[];
  /** The forward pass in float64, of the input and the parameters and buffers as they were before it. */
  reference: (x: Nd, tensors: Tensors, module: M) => Nd;
  cases: readonly ModuleCase<M>[];
  /** A shape of another batch (and other spatial sizes, where the module takes them) for the first case. */
  otherShape: readonly number[];
  /** Inputs at which there is no derivative; the gradient check stays away from them. */
  kinks?: readonly number[];
  /** Whether infinities, NaN, signed zeros and very large and small numbers must come out as in the reference. */
  specials?: boolean;
  refuses?: readonly Refusal<M>[];
  tolerance?: Tolerance;
}

/** What every module must do, on the backend of this run. Specs add what only their module has. */
export function moduleSpec<M extends Module>(name: string, specification: ModuleSpecification<M>): void {
  const { classes, cases, otherShape, kinks = [], specials = false, refuses = [], tolerance } = specification;

  describeBodies(name, () => {
    beforeEach(() => seed(20261121));

    for (const one of cases) {
      describe(one.title, () => {
        it('agrees with the float64 reference, of the shape its rule says', async () => {
          await checkForward(specification, one, inputOf(one, one.shape), tolerance);
        });

        it('gives gradients of input and parameters as central differences do', async () => {
          await checkGradients(specification, one, offKinks(inputOf(one, one.shape), kinks), tolerance);
        });

        it('gives gradients of its gradients as differences of differences do', async () => {
          await checkSecondGradients(specification, one, offKinks(inputOf(one, one.shape), kinks), tolerance);
        });
      });
    }

    const first = cases[0]!;

    it('takes inputs of every sign', () => {
      const shares = signShares(signedInputs([4, 3, 8, 8], 1));
      expect(shares.negative).to.be.greaterThan(0.3);
      expect(shares.zero).to.be.greaterThan(0.05);
      expect(shares.positive).to.be.greaterThan(0.3);
    });

    it('takes another batch and size after the first', async () => {
      const module = first.make();
      noGrad(() => module.forward(new Variable(inputOf(first, first.shape).data, { shape: first.shape })));
      await checkForward(specification, { ...first, make: () => module }, inputOf(first, otherShape), tolerance);
    });

    it('adds up the gradients of two uses in one graph', async () => {
      const module = first.make();
      const uses = [3, 4].map((s) => offKinks(randomNd(first.shape, s), kinks));
      const expected = new Map<string, Float64Array>();
      for (const x of uses) {
        const { tensors } = await readTensors(module);
        const cotangent = randomNd(module.dataShapeFrom(first.shape), 9);
        for (const [path, variable] of module.namedParameters()) {
          if (!variable.requiresGrad) continue;
          const part = centralDifferences(() => specification.reference(x, tensors, module), tensors[path]!, cotangent);
          expected.set(
            path,
            (expected.get(path) ?? part.map(() => 0)).map((sum, i) => sum + part[i]!),
          );
        }
      }
      const cotangent = new Variable(randomNd(module.dataShapeFrom(first.shape), 9).data, {
        shape: module.dataShapeFrom(first.shape),
      });
      const inputs = uses.map((x) => new Variable(x.data, { shape: x.shape, requiresGrad: true }));
      const outputs = inputs.map((x) => module.forward(x));
      outputs[0]!.mul(cotangent).sum().add(outputs[1]!.mul(cotangent).sum()).backward();
      for (const [path, variable] of module.namedParameters()) {
        if (variable.requiresGrad) await expectGrad(variable, expected.get(path)!, `gradient of ${path}`, tolerance);
      }
    });

    it('gives the same by backward() as by the tape', async () => {
      const module = first.make();
      const x = offKinks(randomNd(first.shape, 5), kinks);
      const output = module.forward(new Variable(x.data, { shape: x.shape }));
      const cotangent = randomNd(output.shape, 6);
      const { tensors } = await readTensors(module, true);
      module.backward(new Variable(cotangent.data, { shape: cotangent.shape }));
      const expected = centralDifferences(() => specification.reference(x, tensors, module), x, cotangent);
      expectClose(await module.grad!.values(), expected, 'gradient of the input', tolerance);
    });

    it('holds nothing after a step, and nothing after an error', () => {
      const module = first.make();
      const step = () =>
        scope(() => {
          const x = new Variable(randomNd(first.shape, 2).data, { shape: first.shape, requiresGrad: true });
          module.forward(x).sum().backward();
          module.zeroGradParams();
        });
      step();
      const before = held();
      for (let i = 0; i < 3; i++) step();
      expect(held()).to.deep.equal(before);
      const fail = () =>
        scope(() => {
          module.forward(new Variable(randomNd(first.shape, 2).data, { shape: first.shape }));
          throw new TypeError('on purpose');
        });
      expect(fail).to.throw(TypeError, 'on purpose');
      expect(held()).to.deep.equal(before);
    });

    it('comes back from blueprint and state to the bit', async () => {
      const module = first.make();
      const blueprint = JSON.parse(JSON.stringify(module.getBlueprint())) as ReturnType<Module['getBlueprint']>;
      const copy = fromBlueprint(blueprint, classes);
      expect(copy.getBlueprint()).to.deep.equal(blueprint);
      expect(copy.toString()).to.equal(module.toString());
      loadStateDict(copy, await stateDict(module));
      const x = inputOf(first, first.shape);
      const [a, b] = [module, copy].map((m) => {
        seed(1); // for modules that draw in their forward pass
        return m.forward(new Variable(x.data, { shape: x.shape }));
      });
      expect(await b!.values()).to.deep.equal(await a!.values());
    });

    if (specials) {
      it('treats zeros, infinities, NaN and extreme numbers as the reference does', async () => {
        const module = first.make();
        const row = [-Infinity, -1e30, -100, -1, -1e-30, -0, 0, 1e-30, 1, 100, 1e30, Infinity, NaN].map(Math.fround);
        const size = first.shape.reduce((product, length) => product * length, 1);
        const x = nd(
          first.shape,
          Array.from({ length: size }, (_, i) => row[i % row.length]!),
        );
        const { tensors } = await readTensors(module);
        const expected = specification.reference(x, tensors, module);
        const output = module.forward(new Variable(Float32Array.from(x.data), { shape: x.shape }));
        expectClose(await output.values(), expected.data, 'special values', { ...tolerance, ofLargest: 0 });
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

function inputOf<M extends Module>(one: ModuleCase<M>, shape: readonly number[]): Nd {
  return one.input?.(shape) ?? signedInputs(shape, 1);
}

async function readTensors(module: Module, parametersOnly = false): Promise<{ tensors: Tensors }> {
  const tensors: Tensors = {};
  for (const [path, variable] of parametersOnly ? module.namedParameters() : module.namedTensors()) {
    tensors[path] = nd(variable.shape, await variable.values());
  }
  return { tensors };
}

/** The forward half of moduleSpec, for a single case. @throws AssertionError when it does not agree. */
export async function checkForward<M extends Module>(
  { reference }: ModuleSpecification<M>,
  { make }: ModuleCase<M>,
  x: Nd,
  tolerance?: Tolerance,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const expected = reference(x, tensors, module);
  const output = module.forward(new Variable(Float32Array.from(x.data), { shape: x.shape }));
  expect(output.shape).to.deep.equal(module.dataShapeFrom(x.shape));
  expect(output.shape).to.deep.equal(expected.shape);
  expectClose(await output.values(), expected.data, 'output', tolerance);
}

/** The gradient half of moduleSpec, for a single case. @throws AssertionError naming the gradient that is wrong. */
export async function checkGradients<M extends Module>(
  { reference }: ModuleSpecification<M>,
  { make }: ModuleCase<M>,
  x: Nd,
  tolerance?: Tolerance,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const variable = new Variable(Float32Array.from(x.data), { shape: x.shape, requiresGrad: true });
  const output = module.forward(variable);
  const cotangent = randomNd(output.shape, 8);
  output.backward(new Variable(cotangent.data, { shape: cotangent.shape }));
  const evaluate = () => reference(x, tensors, module);
  await expectGrad(variable, centralDifferences(evaluate, x, cotangent), 'gradient of the input', tolerance);
  for (const [path, parameter] of module.namedParameters()) {
    if (!parameter.requiresGrad) continue;
    const expected = centralDifferences(evaluate, tensors[path]!, cotangent);
    await expectGrad(parameter, expected, `gradient of ${path}`, tolerance);
  }
}

/** The second-order half of the gradients of moduleSpec, for a single case. @throws AssertionError, AutogradError. */
export async function checkSecondGradients<M extends Module>(
  { reference }: ModuleSpecification<M>,
  { make }: ModuleCase<M>,
  x: Nd,
  tolerance?: Tolerance,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const input = new Variable(Float32Array.from(x.data), { shape: x.shape, requiresGrad: true });
  const learned = [...module.namedParameters()].filter(([, parameter]) => parameter.requiresGrad);
  await checkSecondOrder({
    forward: () => module.forward(input),
    leaves: [['the input', input], ...learned],
    reference: () => reference(x, tensors, module),
    values: [x, ...learned.map(([path]) => tensors[path]!)],
    tolerance,
  });
}

async function expectGrad(variable: Variable, expected: Float64Array, what: string, tolerance?: Tolerance) {
  expect(variable.grad, what).to.not.equal(null);
  expectClose(await variable.grad!.data(), expected, what, tolerance);
}
