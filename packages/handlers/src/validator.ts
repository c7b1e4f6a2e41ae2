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
import { variablesIn } from '@tessera-nn/core/internal';
import type { AnyCost } from '@tessera-nn/cost';
import type { Dataset } from '@tessera-nn/data';
import { batchesOf, batchSizeOption, Handler, inMode, inOrder } from './handler.js';
import { leavesOf, type HandlerInput } from './host-arrays.js';
import { Pace } from './pace.js';
import { inputOf, samplesOf, targetsOf, type AnySamples, type HostBatch } from './samples.js';

const validatorOptions = optionsOf('Validator', {
  /** Default 128. */
  batchSize: batchSizeOption,
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

/** What `evaluate` returns. */
export interface Evaluation<Errors = number> {
  readonly loss: number;
  /** As the cost's `validate` says. */
  readonly error: Errors;
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
  readonly #onBatchFinish: ((validator: Validator<Input, Output, Errors>) => unknown) | undefined;

  constructor(
    readonly module: Module<Input, Output>,
    readonly cost: AnyCost<Output, Errors>,
    options: ValidatorOptions<Validator<Input, Output, Errors>> = {},
  ) {
    const { batchSize, onBatchFinish } = validatorOptions.read(options);
    super(validatorOptions, batchSize);
    this.#onBatchFinish = onBatchFinish as typeof options.onBatchFinish;
  }

  /** The mean error over a Dataset, or over data and targets. @throws as the module and the cost do; AbortSignal's reason. */
  async validate(
    data: Dataset | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: ValidateOptions = {},
  ): Promise<Errors> {
    const measures = (prediction: Output, targets: Source) => this.cost.validate(prediction, targets);
    return (this.error = await this.#measure(data, target, options, measures));
  }

  /** Both the mean loss, which is what training minimizes, and the mean error. @throws as `validate` does. */
  async evaluate(
    data: Dataset | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: ValidateOptions = {},
  ): Promise<Evaluation<Errors>> {
    const both = async (prediction: Output, targets: Source): Promise<[loss: number, error: Errors]> => {
      const loss = noGrad(() => scope(() => this.cost.measure(prediction, targets).loss.keep()));
      try {
        return [await loss.item(), await this.cost.validate(prediction, targets)];
      } finally {
        loss.dispose();
      }
    };
    [this.loss, this.error] = await this.#measure(data, target, options, both);
    return { loss: this.loss, error: this.error };
  }

  /** PuzzleLib's name for `validate` on host arrays. */
  validateFromHost(
    data: Dataset | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: ValidateOptions = {},
  ): Promise<Errors> {
    return this.validate(data, target, options);
  }

  /** The mean of what a function of predictions and targets measures, by samples. */
  async #measure<Measured>(
    data: Dataset | AnySamples | HandlerInput,
    target: HandlerInput | undefined,
    options: ValidateOptions,
    measures: (prediction: Output, targets: Source) => Promise<Measured>,
  ): Promise<Measured> {
    const { signal } = runOptions.read(options);
    const samples = await samplesOf(data, target);
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
    measures: (prediction: Output, targets: Source) => Promise<Measured>,
  ): Promise<Measured> {
    // Over before the first await, so that modes and scopes of others cannot come in between.
    const prediction = inMode(this.module, false, () => noGrad(() => scope(() => this.module.forward(inputOf(batch)))));
    const targets = targetsOf(batch, this.cost.hostTargets);
    const own = [...variablesIn(prediction), ...leavesOf(targets)].filter((part) => part instanceof Variable);
    for (const variable of own) variable.keep(); // an asynchronous scope of somebody else may end meanwhile
    try {
      return await measures(prediction, targets);
    } finally {
      for (const variable of own) variable.dispose();
    }
  }
}

/** Numbers, or lists of them, each times its share and added up. */
function weightedSum(parts: readonly (readonly [errors: unknown, share: number])[]): unknown {
  const [[first]] = parts as [[unknown, number]];
  if (!Array.isArray(first)) return parts.reduce((sum, [error, share]) => sum + (error as number) * share, 0);
  return first.map((_, i) => weightedSum(parts.map(([errors, share]) => [(errors as unknown[])[i], share])));
}
