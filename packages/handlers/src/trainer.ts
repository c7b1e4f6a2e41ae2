import {
  ModuleError,
  option,
  optionsOf,
  randomStream,
  type Data,
  type Given,
  type Module,
  type RandomStream,
  type Variable,
} from '@tessera-nn/core';
import type { AnyCost } from '@tessera-nn/cost';
import type { Dataset } from '@tessera-nn/data';
import type { Optimizer } from '@tessera-nn/optim';
import { claim } from './claims.js';
import { batchesOf, batchSizeOption, Handler, inOrder } from './handler.js';
import type { HandlerInput } from './host-arrays.js';
import { Pace } from './pace.js';
import { samplesOf, type AnySamples } from './samples.js';
import { trainStep } from './train-step.js';

const trainerOptions = optionsOf('Trainer', {
  /** Default 128. */
  batchSize: batchSizeOption,
  /** Called after each batch; a Promise is awaited. */
  onBatchFinish: option.callback<(step: Step) => unknown>().optional,
  /** Where the order of samples comes from. Default: the shared stream of `seed`. */
  stream: option.objectWith<RandomStream>('a random stream', 'permutation').optional,
});
/** How a Trainer works. */
export type TrainerOptions = Given<typeof trainerOptions>;

const runOptions = optionsOf('Trainer.run', {
  /** How often to go over all samples. Default 1. */
  epochs: option.count.or(1),
  /** Whether samples come in a new random order each epoch. Default true. */
  shuffle: option.flag.or(true),
  /** Stops the run between two steps, with the signal's reason. */
  signal: option.abortSignal.optional,
});
/** How one run of a Trainer goes. */
export type RunOptions = Given<typeof runOptions>;

const fromHostOptions = optionsOf('Trainer.trainFromHost', {
  /** Samples in a part. Default 10,000. */
  macroBatchSize: option.count.or(10_000),
  /** Called after each part; a Promise is awaited. */
  onMacroBatchFinish: option.callback<(trainer: never) => unknown>().optional,
  /** Whether samples come in a new random order. Default true. */
  random: option.flag.or(true),
  /** Stops the run between two steps, with the signal's reason. */
  signal: option.abortSignal.optional,
});
/** How `trainFromHost` goes. */
export type TrainFromHostOptions<Running = Trainer> = Omit<Given<typeof fromHostOptions>, 'onMacroBatchFinish'> & {
  /** Called after each part; a Promise is awaited. */
  onMacroBatchFinish?: ((trainer: Running) => unknown) | undefined;
};

/** One finished step. */
export interface Step {
  /** From 1 to `epochs`. */
  epoch: number;
  epochs: number;
  /** From 1 to `batches`, within the epoch. */
  batch: number;
  batches: number;
  /** Samples in this batch. */
  samples: number;
  /** Samples learned from per second, since the run began. */
  samplesPerSecond: number;
  /** Seconds the rest of the run will take at that speed. */
  secondsLeft: number;
  /** Reads the batch's loss; while this step is the current one, or again afterwards. */
  loss(): Promise<number>;
}

/**
 * Trains a module: batches in random order, and for each a forward pass, a backward pass and an update.
 *
 * `run` returns the steps one by one, so that progress, pausing and stopping are the language's own; `train` runs them
 * all. Each step is whole or not at all, and holds no memory afterwards. Parts that were put into eval mode stay in it; a
 * module that is in eval mode itself is put into train mode for each step, with all of its parts. Samples are shuffled singly (PuzzleLib moves
 * whole batches), from the shared random stream.
 *
 * A network of several inputs is given a list of data; one of several outputs a list of targets and a `Multi` with a cost
 * for each, or a `FunctionCost`.
 *
 * @example
 * const trainer = new Trainer(net, new CrossEntropy(), new Adam().setupOn(net), { batchSize: 64 });
 * for await (const step of trainer.run(digits.train, undefined, { epochs: 4 })) {
 *   if (step.batch === step.batches) console.log(step.epoch, await trainer.cost.getMeanError());
 * }
 * @throws what module, cost and optimizer throw; ModuleError when it is running already, or another Trainer that would change the
 * same weights, running statistics, optimizer or cost.
 */
export class Trainer<Input extends Data = Variable, Output extends Data = Variable, Errors = number> extends Handler {
  /** The step that was finished last. */
  current: Step | undefined;
  readonly #onBatchFinish: ((step: Step) => unknown) | undefined;
  readonly #stream: RandomStream | undefined;

  constructor(
    readonly module: Module<Input, Output>,
    readonly cost: AnyCost<Output, Errors>,
    readonly optimizer: Optimizer,
    options: TrainerOptions = {},
  ) {
    const { batchSize, onBatchFinish, stream } = trainerOptions.read(options);
    super(trainerOptions, batchSize);
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
    this.#onBatchFinish = onBatchFinish;
    this.#stream = stream;
  }

  /** Trains on a Dataset, or on data and targets, step by step; leaving the loop ends the run. */
  async *run(
    data: Dataset | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: RunOptions = {},
  ): AsyncGenerator<Step, void, undefined> {
    const { epochs, shuffle, signal } = runOptions.read(options);
    const release = claim(this);
    try {
      yield* this.#steps(await samplesOf(data, target), epochs, shuffle, signal);
    } finally {
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

  async *#steps(
    samples: AnySamples,
    epochs: number,
    shuffle: boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Step, void, undefined> {
    const { batchSize } = this;
    const batches = Math.ceil(samples.length / batchSize);
    const total = epochs * samples.length;
    const pace = new Pace();
    const start = performance.now();
    let seen = 0;
    let last: LossReader | undefined;
    try {
      for (let epoch = 1; epoch <= epochs; epoch++) {
        this.cost.resetAccumulator();
        const order = shuffle ? (this.#stream ?? randomStream()).permutation(samples.length) : inOrder(samples.length);
        let batch = 0;
        for (const [hostBatch, count] of batchesOf(samples, order, batchSize)) {
          signal?.throwIfAborted();
          // Kept: an asynchronous scope of somebody else may end before it is read.
          const reader = new LossReader(trainStep<Input, Output>(this, hostBatch).keep());
          // Waiting for the step before keeps at most two in flight: the device stays busy, the page stays alive.
          await last?.finish();
          last = reader;
          seen += count;
          const samplesPerSecond = (1000 * seen) / (performance.now() - start);
          this.current = {
            ...{ epoch, epochs, batches, samplesPerSecond },
            batch: ++batch,
            samples: count,
            secondsLeft: (total - seen) / samplesPerSecond,
            loss: () => reader.read(),
          };
          await this.#onBatchFinish?.(this.current);
          yield this.current;
          await pace.pause();
        }
      }
    } finally {
      await last?.finish();
    }
  }
}

/** Reads a loss once, and frees it. */
class LossReader {
  #value: Promise<number> | undefined;

  constructor(readonly loss: Variable) {}

  read(): Promise<number> {
    return (this.#value ??= this.loss.item());
  }

  async finish(): Promise<void> {
    try {
      await this.read();
    } finally {
      this.loss.dispose();
    }
  }
}
