import {
  noGrad,
  option,
  optionsOf,
  scope,
  Variable,
  type Data,
  type Given,
  type Module,
  type Source,
} from '@tessera-nn/core';
import { inMode, variablesIn } from '@tessera-nn/core/internal';
import type { AnyCost } from '@tessera-nn/cost';
import { batchesOf, batchSizeOption, Handler, inOrder } from './handler.js';
import { leavesOf, type HandlerInput } from './host-arrays.js';
import { metricsOption, NamedMetrics } from './named-metrics.js';
import { Pace } from './pace.js';
import {
  type AnySamples,
  type HostBatch,
  inputOf,
  type LabelledSamples,
  measureOptionsOf,
  samplesOf,
  sampleWeightsOption,
  targetsOf,
} from './samples.js';

const validatorOptions = optionsOf('Validator', {
  /** Default 128. */
  batchSize: batchSizeOption,
  ...metricsOption,
  /** Called after each batch; a Promise is awaited. */
  onBatchFinish: option.callback<(validator: never) => unknown>().optional,
});
/** How a Validator works. */
export type ValidatorOptions<Running = Validator> = Omit<Given<typeof validatorOptions>, 'onBatchFinish'> & {
  /** Called after each batch; a Promise is awaited. */
  onBatchFinish?: ((validator: Running) => unknown) | undefined;
};

const runOptions = optionsOf('Validator.validate', {
  /** Stops the run between two batches, with the signal's reason. */
  signal: option.abortSignal.optional,
});
/** How one run of a Validator goes. */
export type ValidateOptions = Given<typeof runOptions>;

const evaluateOptions = optionsOf('Validator.evaluate', { ...runOptions.declared, ...sampleWeightsOption });
/** How one run of `evaluate` goes. */
export type EvaluateOptions = Given<typeof evaluateOptions>;

/** What `evaluate` returns. */
export interface Evaluation<Errors = number> {
  readonly loss: number;
  /** As the cost's `validate` says. */
  readonly error: Errors;
  /** What each metric came to, by its name, where the Validator has some. */
  readonly metrics?: Readonly<Record<string, unknown>>;
}

/**
 * Measures a module's error on samples it does not learn from: in eval mode, in order, without recording.
 *
 * The error is the cost's `validate`, weighted by the size of the batches; with `CrossEntropy` the share of wrong
 * answers, with a `Multi` a list with the error of each output. Source: PuzzleLib's `Validator`. Modes are put back after each
 * batch, so that the module may be trained meanwhile.
 *
 * @example
 * const wrong = await new Validator(net, new CrossEntropy()).validate(digits.test);
 */
export class Validator<Input extends Data = Variable, Output extends Data = Variable, Errors = number> extends Handler {
  /** The error of the last run. */
  error: Errors | undefined;
  /** The mean loss of the last run of `evaluate`. */
  loss: number | undefined;
  /** The batch that runs now, from 1, of how many. */
  currBatch = 0;
  totalBatches = 0;
  readonly #metrics: NamedMetrics | undefined;
  readonly #onBatchFinish: ((validator: Validator<Input, Output, Errors>) => unknown) | undefined;

  constructor(
    readonly module: Module<Input, Output>,
    readonly cost: AnyCost<Output, Errors>,
    options: ValidatorOptions<Validator<Input, Output, Errors>> = {},
  ) {
    const { batchSize, metrics, onBatchFinish } = validatorOptions.read(options);
    super(validatorOptions, batchSize);
    this.#metrics = metrics && new NamedMetrics(metrics);
    this.#onBatchFinish = onBatchFinish as typeof options.onBatchFinish;
  }

  /** The mean error over a Dataset, or over data and targets. @throws as the module and the cost do; AbortSignal's reason. */
  async validate(
    data: LabelledSamples | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: ValidateOptions = {},
  ): Promise<Errors> {
    const measures = (prediction: Output, targets: Source) => this.cost.validate(prediction, targets);
    return (this.error = await this.#measure(data, target, options, measures));
  }

  /**
   * Both the mean loss, which is what training minimizes, and the mean error; with them what the metrics come to, which begin
   * anew and see the same outputs. Weights of samples count in the loss alone.
   *
   * @example
   * const validator = new Validator(net, new CrossEntropy(), { metrics: { f1: new F1(), top2: new TopKAccuracy({ k: 2 }) } });
   * const { loss, error, metrics } = await validator.evaluate(digits.test);
   * @throws as `validate` and the metrics do.
   */
  async evaluate(
    data: LabelledSamples | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: EvaluateOptions = {},
  ): Promise<Evaluation<Errors>> {
    const { signal, sampleWeights } = evaluateOptions.read(options);
    const metrics = this.#metrics;
    metrics?.reset();
    const both: Measure<Input, Output, [loss: number, error: Errors]> = async (prediction, targets, batch) => {
      metrics?.update(prediction, batch);
      const measured = () => this.cost.measure(prediction, targets, measureOptionsOf(batch)).loss.keep();
      const loss = noGrad(() => scope(measured));
      try {
        return [await loss.item(), await this.cost.validate(prediction, targets)];
      } finally {
        loss.dispose();
      }
    };
    [this.loss, this.error] = await this.#measure(data, target, { signal }, both, sampleWeights);
    return { loss: this.loss, error: this.error, ...(metrics && { metrics: await metrics.compute() }) };
  }

  /** PuzzleLib's name for `validate` on host arrays. */
  validateFromHost(
    data: LabelledSamples | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: ValidateOptions = {},
  ): Promise<Errors> {
    return this.validate(data, target, options);
  }

  /** The mean of what a function of predictions and targets measures, by samples. */
  async #measure<Measured>(
    data: LabelledSamples | AnySamples | HandlerInput,
    target: HandlerInput | undefined,
    options: ValidateOptions,
    measures: Measure<Input, Output, Measured>,
    weights?: ArrayLike<number>,
  ): Promise<Measured> {
    const { signal } = runOptions.read(options);
    const samples = await samplesOf(data, target, weights);
    this.totalBatches = Math.ceil(samples.length / this.batchSize);
    this.currBatch = 0;
    const pace = new Pace();
    const parts: [measured: unknown, share: number][] = [];
    for (const [batch, count] of batchesOf(samples, inOrder(samples.length), this.batchSize)) {
      signal?.throwIfAborted();
      this.currBatch++;
      parts.push([await this.#measureBatch(batch, measures), count / samples.length]);
      await this.#onBatchFinish?.(this);
      await pace.pause();
    }
    return weightedSum(parts) as Measured;
  }

  async #measureBatch<Measured>(
    batch: HostBatch<Input, Data>,
    measures: Measure<Input, Output, Measured>,
  ): Promise<Measured> {
    // Over before the first await, so that modes and scopes of others cannot come in between.
    const prediction = inMode(this.module, false, () => noGrad(() => scope(() => this.module.forward(inputOf(batch)))));
    const targets = targetsOf(batch, this.cost.hostTargets);
    const own = [...variablesIn(prediction), ...leavesOf(targets)].filter((part) => part instanceof Variable);
    for (const variable of own) variable.keep(); // an asynchronous scope of somebody else may end meanwhile
    try {
      return await measures(prediction, targets, batch);
    } finally {
      for (const variable of own) variable.dispose();
    }
  }
}

/** What is measured of the outputs for a batch. */
type Measure<Input extends Data, Output extends Data, Measured> = (
  prediction: Output,
  targets: Source,
  batch: HostBatch<Input, Data>,
) => Promise<Measured>;

/** Numbers, or lists of them, each times its share and added up. */
function weightedSum(parts: readonly (readonly [errors: unknown, share: number])[]): unknown {
  const [[first]] = parts as [[unknown, number]];
  if (!Array.isArray(first)) return parts.reduce((sum, [error, share]) => sum + (error as number) * share, 0);
  return first.map((_, i) => weightedSum(parts.map(([errors, share]) => [(errors as unknown[])[i], share])));
}
