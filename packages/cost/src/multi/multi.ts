import {
  CostError,
  option,
  optionsOf,
  ValueError,
  type Data,
  type Given,
  type Source,
  type SourceOf,
  type Variable,
} from '@tessera-nn/core';
import { allOrNothing, compound, shapeText, shownValue } from '@tessera-nn/core/internal';
import type { AnyCost, CostState, HostTargets, MeasureOptions, Measurement } from '../cost.js';

const options = optionsOf('Multi', {
  /** A factor for each cost. Default: all 1. */
  weights: option.listOf(option.number, 'finite numbers').optional,
});
export type MultiOptions = Given<typeof options>;

/** A cost for each output, and for it the errors that it returns. */
type CostsOf<Output extends readonly Data[], Errors extends readonly unknown[]> = {
  readonly [Place in keyof Errors]: AnyCost<Place extends keyof Output ? Output[Place] & Data : Data, Errors[Place]>;
};

/**
 * Several outputs, each measured by a cost of its own against a target of its own: loss = sum_i weight_i loss_i.
 *
 * Errors are lists, one for each cost and without the weights; each cost also keeps its own. A batch in which one target
 * does not fit is added to none. The same cost may not come twice, for its errors would mix.
 *
 * Shapes: lists of predictions and targets, one for each cost. Source: PuzzleLib's `Multi`; the weights are Keras'.
 *
 * @example
 * const input = new Linear(4, 8).node();
 * const net = new Graph({ inputs: input, outputs: [new Linear(8, 3).node(input), new Linear(8, 1).node(input)] });
 * const cost = new Multi([new CrossEntropy(), new MSE()], { weights: [1, 0.5] });
 * const trainer = new Trainer(net, cost, new Adam().setupOn(net));
 * @throws CostError when predictions or targets are not as many as costs, and when a cost returns more than one loss.
 */
export class Multi<
  Output extends readonly Data[] = readonly Variable[],
  const Errors extends readonly unknown[] = readonly number[],
> implements AnyCost<Output, Errors> {
  static readonly className: string = 'Multi';

  #parts: readonly Part[];

  /** Takes the costs, or none at first: `append` adds others. */
  constructor(costs?: CostsOf<Output, Errors>, given: MultiOptions = {}) {
    const { weights } = options.read(given);
    const list: unknown = costs ?? [];
    if (!Array.isArray(list) || (weights && weights.length !== list.length)) refuse(list, weights);
    this.#parts = partsFrom(list as readonly unknown[], weights ?? []);
  }

  get costs(): readonly AnyCost<Data, unknown>[] {
    return this.#parts.map(({ cost }) => cost);
  }

  get weights(): readonly number[] {
    return this.#parts.map(({ weight }) => weight);
  }

  /** Adds a cost for one more output (PuzzleLib's). @throws ValueError for what is not a cost, and one that is there. */
  append(cost: AnyCost<Output[number] & Data, Errors[number]>, weight = 1): this {
    this.#parts = partsFrom([...this.costs, cost], [...this.weights, weight]);
    return this;
  }

  get hostTargets(): HostTargets {
    return this.costs.map(({ hostTargets }) => hostTargets);
  }

  /** The weighted sum of the mean losses of a batch, `[]`. @throws as the class says, and as its costs do. */
  forward(predictions: SourceOf<Output>, targets: Source, given: MeasureOptions = {}): Variable {
    return compound(() => {
      const { loss, record } = this.measure(predictions, targets, given);
      record()(); // in here, while the losses that make up the sum are still held
      return loss;
    });
  }

  /** The same without adding it to the errors. Weights of samples go to every cost. */
  measure(predictions: SourceOf<Output>, targets: Source, given: MeasureOptions = {}): Measurement {
    const parts = this.#pairs(predictions, targets).map(([cost, prediction, target], i) => {
      const part = cost.measure(prediction, target, given);
      if (part.loss.rank > 0) refuseLosses(part.loss, i);
      return part;
    });
    const loss = parts.map((part, i) => part.loss.mul(this.weights[i]!)).reduce((sum, part) => sum.add(part));
    const record = () => {
      const recorded = parts.map((part) => part.record());
      return () => recorded.forEach((putInPlace) => putInPlace());
    };
    return { loss, record };
  }

  validate(predictions: SourceOf<Output>, targets: Source): Promise<Errors> {
    const pairs = this.#pairs(predictions, targets);
    return all(pairs.map(([cost, prediction, target]) => cost.validate(prediction as SourceOf<Data>, target)));
  }

  getError(): Promise<Errors> {
    return all(this.costs.map((cost) => cost.getError()));
  }

  getMeanError(): Promise<Errors> {
    return all(this.costs.map((cost) => cost.getMeanError()));
  }

  stateDict(): Promise<readonly CostState[]> {
    return Promise.all(this.costs.map((cost) => cost.stateDict()));
  }

  loadStateDict(state: CostState): void {
    if (!Array.isArray(state) || state.length !== this.costs.length) {
      throw new CostError('Multi cannot go on from this state', {
        path: 'Multi',
        expected: `a list of ${this.costs.length}`,
        received: shownValue(state),
      });
    }
    allOrNothing(() => this.costs.forEach((cost, i) => cost.loadStateDict((state as readonly CostState[])[i]!)));
  }

  resetAccumulator(): this {
    for (const cost of this.costs) cost.resetAccumulator();
    return this;
  }

  dispose(): void {
    for (const cost of this.costs) cost.dispose();
  }

  /** Each cost with its prediction and its target. */
  #pairs(predictions: Source, targets: Source): [AnyCost<Data, unknown>, Source, Source][] {
    if (this.#parts.length === 0) {
      throw new CostError('Multi holds no costs', { path: 'Multi', hint: 'Call append(cost) for each output' });
    }
    for (const [what, list] of [['predictions', predictions] as const, ['targets', targets] as const]) {
      if (Array.isArray(list) && list.length === this.costs.length) continue;
      throw new CostError(`Multi: there is not one entry in the ${what} for each cost`, {
        path: 'Multi',
        expected: `a list of ${this.costs.length}`,
        received: Array.isArray(list) ? `a list of ${list.length}` : 'no list',
      });
    }
    return this.costs.map((cost, i) => [cost, (predictions as Source[])[i]!, (targets as Source[])[i]!]);
  }
}

interface Part {
  readonly cost: AnyCost<Data, unknown>;
  readonly weight: number;
}

/** Costs with their weights. @throws ValueError unless they are different costs, with finite weights. */
function partsFrom(costs: readonly unknown[], weights: readonly number[]): Part[] {
  const isCost = (cost: unknown) =>
    typeof (cost as Partial<AnyCost<Data, unknown>> | null | undefined)?.measure === 'function';
  const fits = costs.every(isCost) && weights.every(Number.isFinite) && new Set(costs).size === costs.length;
  if (!fits) refuse(costs, weights);
  return costs.map((cost, i) => ({ cost: cost as AnyCost<Data, unknown>, weight: weights[i] ?? 1 }));
}

function refuseLosses({ shape }: Variable, i: number): never {
  throw new CostError(`Multi: the loss of cost ${i} is not a single number`, {
    path: 'Multi',
    expected: '[]',
    received: shapeText(shape),
    hint: "Make that cost with reduction 'mean' or 'sum': losses of several outputs are added up",
  });
}

function refuse(costs: unknown, weights: readonly number[] = []): never {
  throw new ValueError('Multi: these are not costs with a weight each', {
    path: 'Multi',
    expected: 'a list of different costs, and as many finite weights',
    received: `${Array.isArray(costs) ? `${costs.length} costs` : shownValue(costs)}, weights [${weights.join(', ')}]`,
  });
}

function all<Errors extends readonly unknown[]>(errors: readonly Promise<unknown>[]): Promise<Errors> {
  return Promise.all(errors) as Promise<readonly unknown[]> as Promise<Errors>;
}
