import { ReleasedError, scope, seed, TesseraError, Variable } from '@tessera-nn/core';
import { expect } from 'chai';
import { backendName, onBackend } from './backend.js';
import { centralDifferences } from './central-differences.js';
import { expectClose, type Tolerance } from './close.js';
import { allRegimes, itHoldsFor, type Regime } from './draw.js';
import { held } from './memory.js';
import { nd, type Nd } from './nd.js';
import { randomNd } from './random-values.js';
import { checkSecondOrder } from './second-order.js';

/** What a cost must offer to be tested. */
export interface TestedCost {
  forward(
    prediction: Variable,
    target: Float32Array | Int32Array,
    options?: { sampleWeights?: readonly number[] },
  ): Variable;
  validate(prediction: Variable, target: Float32Array | Int32Array): Promise<number>;
  getError(): Promise<number>;
  getMeanError(): Promise<number>;
  resetAccumulator(): unknown;
  dispose(): void;
}

export interface CostCase<C extends TestedCost> {
  title: string;
  make: () => C;
  shape: readonly number[];
  target: Float32Array | Int32Array;
}

/** One call of another system's loss: predictions x, targets, the output, and the gradient of x for `gradOutput`. */
export interface CostGolden {
  attrs: {
    weights?: number[];
    labelSmoothing?: number;
    ignoreIndex?: number;
    reduction?: 'mean' | 'sum';
    [name: string]: number | number[] | string | undefined;
  };
  shape: number[];
  x: number[];
  target: number[];
  output: number;
  gradOutput: number;
  grad: number[];
}

export interface CostRefusal {
  title: string;
  run: () => unknown;
  type: abstract new (...args: never[]) => TesseraError;
  says: readonly string[];
}

export interface CostSpecification<C extends TestedCost> {
  /** The mean loss in float64. */
  reference: (prediction: Nd, target: Float32Array | Int32Array, cost: C) => number;
  /** The gradient of the loss, where differences of large numbers say nothing. */
  gradient?: (prediction: Nd, target: Float32Array | Int32Array, cost: C) => Nd;
  /** What `validate` reports, in float64. */
  validation: (prediction: Nd, target: Float32Array | Int32Array, cost: C) => number;
  cases: readonly CostCase<C>[];
  refuses?: readonly CostRefusal[];
  /** The cost of the first case, with its losses added up or left alone. */
  reduced?: (reduction: 'sum' | 'none') => C;
  /** Calls of another system, with its name and version. */
  goldens?: {
    producer: string;
    calls: readonly CostGolden[];
    make: (attrs: CostGolden['attrs']) => C;
    toTarget: (target: number[]) => Float32Array | Int32Array;
  };
  tolerance?: Tolerance;
  /** Kinds of numbers to draw, where not all of them say something; default all. */
  regimes?: readonly Regime[];
}

/** What every cost must do, on the backend of this run. */
export function costSpec<C extends TestedCost>(name: string, specification: CostSpecification<C>): void {
  const {
    reference,
    gradient,
    validation,
    cases,
    refuses = [],
    reduced,
    goldens,
    tolerance,
    regimes = allRegimes,
  } = specification;

  describe(`${name} [${backendName}]`, () => {
    onBackend();
    beforeEach(() => seed(20261121));

    for (const { title, make, shape, target } of cases) {
      it(`measures ${title} as the float64 reference does, and differentiates it`, async () => {
        const cost = make();
        const x = randomNd(shape, 1, 2);
        const prediction = new Variable(x.data, { shape, requiresGrad: true });
        const loss = cost.forward(prediction, target);
        expect(loss.shape).to.deep.equal([]);
        expectClose([await loss.item()], [reference(x, target, cost)], 'loss', tolerance);
        loss.backward();
        const expected = centralDifferences(() => nd([], [reference(x, target, cost)]), x, nd([], [1]));
        expectClose(await prediction.grad!.data(), expected, 'gradient', tolerance);
      });

      it(`gives the gradients of the gradient for ${title}`, async () => {
        const cost = make();
        const x = randomNd(shape, 1, 2);
        const prediction = new Variable(x.data, { shape, requiresGrad: true });
        await checkSecondOrder({
          forward: () => cost.forward(prediction, target),
          leaves: [['the prediction', prediction]],
          reference: () => nd([], [reference(x, target, cost)]),
          values: [x],
          tolerance,
        });
      });

      it(`validates ${title}`, async () => {
        const cost = make();
        const x = randomNd(shape, 1, 2);
        const error = await cost.validate(new Variable(x.data, { shape }), target);
        expectClose([error], [validation(x, target, cost)], 'validation error', tolerance);
      });
    }

    itHoldsFor('predictions', async (draw) => {
      const { make, shape, target } = draw.oneOf(cases);
      const cost = make();
      const regime = draw.oneOf(regimes);
      const x = draw.values(shape, regime);
      const prediction = new Variable(x.data, { shape, requiresGrad: true });
      const loss = cost.forward(prediction, target);
      loss.backward();
      expectClose([await loss.item()], [reference(x, target, cost)], `loss of ${regime} predictions`, tolerance);
      const expected = gradient
        ? gradient(x, target, cost).data
        : centralDifferences(() => nd([], [reference(x, target, cost)]), x, nd([], [1]));
      expectClose(await prediction.grad!.data(), expected, `gradient of ${regime} predictions`, tolerance);
    });

    for (const { attrs, shape, x, target, output, gradOutput, grad } of goldens?.calls ?? []) {
      it(`gives the figures of ${goldens!.producer} for [${shape.join(', ')}] with ${Object.keys(attrs).join() || 'presets'}`, async () => {
        const prediction = new Variable(x, { shape, requiresGrad: true });
        const loss = goldens!.make(attrs).forward(prediction, goldens!.toTarget(target));
        expectClose([await loss.item()], [output], 'loss', tolerance);
        loss.backward(gradOutput);
        expectClose(await prediction.grad!.data(), grad, 'gradient', tolerance);
      });
    }

    const first = cases[0]!;
    const predictionOf = (seedValue: number) =>
      new Variable(randomNd(first.shape, seedValue).data, { shape: first.shape, requiresGrad: true });

    if (reduced) {
      it('adds its losses up or returns each of them, and takes the mean of all as its error', async () => {
        const [sum, each] = [reduced('sum'), reduced('none')];
        const predictions = [predictionOf(1), predictionOf(1)] as const;
        const [total, losses] = [sum.forward(predictions[0], first.target), each.forward(predictions[1], first.target)];
        expect([total.rank, losses.shape[0]]).to.deep.equal([0, first.shape[0]]);
        expectClose([await losses.sum().item()], [await total.item()], 'sum', tolerance);
        total.backward();
        losses.backward(new Variable(new Float32Array(losses.size).fill(1), { shape: losses.shape }));
        expectClose(await predictions[1].grad!.data(), await predictions[0].grad!.data(), 'gradient', tolerance);
        const mean = reference(randomNd(first.shape, 1), first.target, first.make());
        for (const cost of [sum, each]) expectClose([await cost.getError()], [mean], 'error', tolerance);
      });

      it('weighs samples', async () => {
        const sampleWeights = Array.from({ length: first.shape[0]! }, (_, i) => i / 2);
        const [given, single, twin] = [predictionOf(1), predictionOf(1), predictionOf(1)];
        const cost = first.make();
        const loss = cost.forward(given, first.target, { sampleWeights });
        loss.backward();
        first.make().forward(twin, first.target).backward();
        const size = given.size / sampleWeights.length;
        const expected = (await twin.grad!.data()).map((g, i) => g * sampleWeights[Math.floor(i / size)]!);
        expectClose(await given.grad!.data(), expected, 'gradient', tolerance);
        const losses = reduced('none').forward(single, first.target);
        const each = [...(await losses.values())];
        const mean = await first.make().forward(single, first.target).item();
        const share = each.length / sampleWeights.length;
        const weighted = each.reduce((sum, value, i) => sum + value * sampleWeights[Math.floor(i / share)]!, 0);
        const counted = each.reduce((sum, value) => sum + value, 0) / mean;
        expectClose([await loss.item()], [weighted / counted], 'loss', tolerance);
        expectClose([await cost.getError()], [weighted / counted], 'error', tolerance);
      });
    }

    it('passes the factor in front of it on to the gradient', async () => {
      const prediction = predictionOf(1);
      const twin = predictionOf(1);
      first.make().forward(prediction, first.target).mul(-3).backward();
      first.make().forward(twin, first.target).backward();
      const expected = (await twin.grad!.data()).map((g) => -3 * g);
      expectClose(await prediction.grad!.data(), expected, 'gradient', tolerance);
    });

    it('adds errors up over batches until it is reset', async () => {
      const cost = first.make();
      const errors: number[] = [];
      for (const s of [1, 2, 3]) {
        errors.push(await cost.forward(predictionOf(s), first.target).item());
        expectClose([await cost.getError()], [errors.at(-1)!], 'error of the batch');
      }
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      expectClose([await cost.getMeanError()], [mean], 'mean error');
      cost.resetAccumulator();
      await cost.forward(predictionOf(2), first.target).item();
      expectClose([await cost.getMeanError()], [errors[1]!], 'mean error after the reset');
    });

    it('gives the mean of when it was asked for, also where a step runs before it comes', async () => {
      const cost = first.make();
      const error = await cost.forward(predictionOf(1), first.target).item();
      const mean = cost.getMeanError();
      cost.forward(predictionOf(2), first.target);
      expectClose([await mean], [error], 'mean error');
    });

    it('says that it has measured nothing yet', async () => {
      const cost = first.make();
      for (const read of [() => cost.getError(), () => cost.getMeanError()]) {
        let error: unknown;
        await read().catch((caught: unknown) => (error = caught));
        expect(error).to.be.instanceOf(TesseraError).and.not.instanceOf(ReleasedError);
        expect((error as Error).message).to.contain('nothing yet');
      }
    });

    it('holds nothing after a step but its two sums', () => {
      const cost = first.make();
      const step = () =>
        scope(() => {
          cost.forward(predictionOf(1), first.target).backward();
        });
      step();
      const before = held();
      for (let i = 0; i < 3; i++) step();
      expect(held()).to.deep.equal(before);
    });

    for (const { title, run, type, says } of refuses) {
      it(`refuses ${title}`, () => {
        const before = held();
        let error: unknown;
        try {
          scope(run);
        } catch (caught) {
          error = caught;
        }
        expect(error).to.be.instanceOf(type);
        for (const text of says) expect((error as Error).message).to.contain(text);
        expect(held()).to.deep.equal(before);
      });
    }
  });
}
