import { ModuleError, type Data, type Module, type Values, type Variable } from '@tessera-nn/core';
import type { AnyCost } from '@tessera-nn/cost';
import type { Dataset } from '@tessera-nn/data';
import type { Optimizer } from '@tessera-nn/optim';
import { claim } from './claims.js';
import { Handler } from './handler.js';
import type { History } from './history.js';
import type { HandlerInput } from './host-arrays.js';
import { Gate } from './pace.js';
import { ProgressBar } from './progress-bar.js';
import { RunProgress } from './run-progress.js';
import { samplesOf, type AnySamples } from './samples.js';
import type { Step } from './step.js';
import {
  fromHostOptions,
  runOptions,
  trainerOptions,
  type RunOptions,
  type TrainerOptions,
  type TrainFromHostOptions,
} from './trainer-options.js';
import { TrainingRun } from './training-run.js';

/**
 * Trains a module: batches in random order, and for each a forward pass, a backward pass and an update.
 *
 * `run` returns the steps one by one, so that progress, pausing and stopping are the language's own; `train` runs them
 * all. Each step is whole or not at all, and holds no memory afterwards. Parts that were put into eval mode stay in it; a
 * module that is in eval mode itself is put into train mode for each step, with all of its parts. Samples are shuffled singly (PuzzleLib moves
 * whole batches), from the shared random stream.
 *
 * A step whose loss or gradient is not finite is taken back and told: see `nonFinite`. `history` holds the loss of every step
 * and a record of every epoch.
 *
 * A network of several inputs is given a list of data; one of several outputs a list of targets and a `Multi` with a cost
 * for each, or a `FunctionCost`.
 *
 * @example
 * const trainer = new Trainer(net, new CrossEntropy(), new Adam().setupOn(net), { batchSize: 64 });
 * for await (const step of trainer.run(digits.train, undefined, { epochs: 4 })) {
 *   if (step.batch === step.batches) console.log(step.epoch, await trainer.cost.getMeanError());
 * }
 * @throws what module, cost and optimizer throw; DivergenceError for a step that is not finite; ModuleError when it is running
 * already, or another Trainer that would change the same weights, running statistics, optimizer or cost.
 */
export class Trainer<Input extends Data = Variable, Output extends Data = Variable, Errors = number> extends Handler {
  /** The step that was finished last. */
  current: Step | undefined;
  readonly #options: Values<typeof trainerOptions>;
  readonly #gate = new Gate();
  #progress = new RunProgress();

  constructor(
    readonly module: Module<Input, Output>,
    readonly cost: AnyCost<Output, Errors>,
    readonly optimizer: Optimizer,
    options: TrainerOptions = {},
  ) {
    const read = trainerOptions.read(options);
    super(trainerOptions, read.batchSize);
    for (const [is, wanted, method] of [
      [cost, 'a cost', 'resetAccumulator'],
      [optimizer, 'an optimizer', 'update'],
    ] as const) {
      if (typeof (is as unknown as Record<string, unknown> | undefined)?.[method] === 'function') continue;
      throw new ModuleError(`Trainer: there is not ${wanted} where one belongs`, {
        path: 'Trainer',
        expected: 'new Trainer(net, cost, optimizer, options)',
        hint: 'Look at the order: the cost comes before the optimizer',
      });
    }
    this.#options = read;
  }

  /** The losses and epochs of the run that goes on, or of the last one. */
  get history(): History {
    return this.#progress.history;
  }

  /** Holds a run up before its next step, until `proceed`. */
  pause(): void {
    this.#gate.close();
  }

  /** Lets a run go on that was paused. */
  proceed(): void {
    this.#gate.open();
  }

  /** Trains on a Dataset, or on data and targets, step by step; leaving the loop ends the run. */
  async *run(
    data: Dataset | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: RunOptions = {},
  ): AsyncGenerator<Step, void, undefined> {
    const goes = runOptions.read(options);
    const { onBatchFinish, progress: showsProgress } = this.#options;
    const release = claim(this);
    const bar = showsProgress ? new ProgressBar() : undefined;
    try {
      const samples = await samplesOf(data, target);
      const progress = (this.#progress = new RunProgress(goes.startAt));
      const { batchSize } = this;
      const parts = { learner: this, samples, batchSize, works: this.#options, goes, progress, gate: this.#gate };
      for await (const step of new TrainingRun<Input, Output>(parts).steps()) {
        this.current = step;
        bar?.show(step, progress.history.losses.at(-1));
        await onBatchFinish?.(step);
        yield step;
      }
    } finally {
      bar?.end();
      release();
    }
  }

  /** Trains to the end and returns the mean error of the last epoch, or the list of them that a `Multi` has. */
  async train(
    data: Dataset | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: RunOptions = {},
  ): Promise<Errors> {
    const steps = this.run(data, target, options);
    while (!(await steps.next()).done);
    return this.cost.getMeanError();
  }

  /**
   * PuzzleLib's form for large host arrays: parts of `macroBatchSize` samples, in random order themselves when `random`,
   * with a call after each. Gives the mean error over all parts.
   */
  async trainFromHost(
    data: Dataset | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: TrainFromHostOptions<Trainer<Input, Output, Errors>> = {},
  ): Promise<Errors> {
    const { macroBatchSize, onMacroBatchFinish, random, signal } = fromHostOptions.read(options);
    const finished = onMacroBatchFinish as typeof options.onMacroBatchFinish;
    const steps = this.run(data, target, { shuffle: random, signal });
    let seen = 0;
    for await (const step of steps) {
      const parts = Math.floor(seen / macroBatchSize);
      seen += step.samples;
      if (Math.floor(seen / macroBatchSize) > parts || step.batch === step.batches) await finished?.(this);
    }
    return this.cost.getMeanError();
  }
}
