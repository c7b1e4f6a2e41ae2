import { noGrad, scope, Variable, type Module } from '@tessera/core';
import type { Cost } from '@tessera/cost';
import type { Dataset } from '@tessera/data';
import { batchesOf, checkCount, DEFAULT_BATCH_SIZE, inMode, inOrder } from './handler.js';
import { Pace } from './pace.js';
import { samplesOf, type HandlerInput } from './samples.js';

export interface ValidatorOptions {
  /** Default 128. */
  batchSize?: number;
  /** Called after each batch. */
  onBatchFinish?: (validator: Validator) => void;
}

/**
 * Measures a module's error on samples it does not learn from: in eval mode, in order, without recording.
 *
 * The error is the cost's `validate`, weighted by the size of the batches; with `CrossEntropy` the share of wrong
 * answers. Source: PuzzleLib's `Validator`; the module's mode is put back afterwards.
 *
 * @example
 * const wrong = await new Validator(net, new CrossEntropy()).validate(digits.test);
 */
export class Validator {
  readonly batchSize: number;
  /** The error of the last run. */
  error: number | undefined;
  /** The batch that runs now, from 1, of how many. */
  currBatch = 0;
  totalBatches = 0;
  readonly #onBatchFinish: ((validator: Validator) => void) | undefined;

  constructor(
    readonly module: Module,
    readonly cost: Cost,
    { batchSize = DEFAULT_BATCH_SIZE, onBatchFinish }: ValidatorOptions = {},
  ) {
    this.batchSize = checkCount('batchSize', batchSize);
    this.#onBatchFinish = onBatchFinish;
  }

  /** The mean error over a Dataset, or over data and targets. @throws as the module and the cost do; AbortSignal's reason. */
  async validate(
    data: Dataset | HandlerInput,
    target?: HandlerInput,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<number> {
    const samples = await samplesOf(data, target);
    this.totalBatches = Math.ceil(samples.length / this.batchSize);
    this.currBatch = 0;
    return inMode(this.module, false, async () => {
      const pace = new Pace();
      let total = 0;
      for (const batch of batchesOf(samples, inOrder(samples.length), this.batchSize)) {
        signal?.throwIfAborted();
        this.currBatch++;
        total += (await this.#errorOf(batch)) * batch.shape[0]!;
        this.#onBatchFinish?.(this);
        await pace.pause();
      }
      this.error = total / samples.length;
      return this.error;
    });
  }

  /** PuzzleLib's name for `validate` on host arrays. */
  validateFromHost(data: Dataset | HandlerInput, target?: HandlerInput): Promise<number> {
    return this.validate(data, target);
  }

  async #errorOf({ data, shape, target }: { data: Float32Array; shape: readonly number[]; target: HandlerInput }) {
    // The forward pass is over before the first await, so that scopes of others cannot come in between.
    const prediction = noGrad(() => scope(() => this.module.forward(new Variable(data, { shape }))));
    try {
      return await this.cost.validate(prediction, target);
    } finally {
      prediction.dispose();
    }
  }
}
