import { DataError, ModuleError, type Data, type Module, type Values, type Variable } from '@tessera-nn/core';
import type { AnyCost } from '@tessera-nn/cost';
import type { Optimizer } from '@tessera-nn/optim';
import { claim } from './claims.js';
import { Handler } from './handler.js';
import type { History } from './history.js';
import type { HandlerInput } from './host-arrays.js';
import { afterParts } from './macro-batches.js';
import { errorsOverRanks } from './over-ranks.js';
import { Gate } from './pace.js';
import { ProgressBar } from './progress-bar.js';
import type { FoundRun } from './run-file/find-run.js';
import type { RunPlace } from './run-file/run-place.js';
import { RunProgress } from './run-progress.js';
import { type AnySamples, type LabelledSamples, samplesOf } from './samples.js';
import type { Step } from './step.js';
import {
  fileOptions,
  fromHostOptions,
  resumeOptions,
  runOptions,
  trainerOptions,
  type ResumeOptions,
  type RunFileOptions,
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
 * and a record of every epoch. When the browser takes the WebGL context away, training goes on from a copy in memory: see
 * `snapshotEvery`.
 *
 * With a `nodeinfo` in the optimizer, several ranks train together: `batchSize` counts the samples of all of them, each
 * learns from its share, in an order that rank 0 draws; losses are those of all ranks. Rank 0 alone saves and shows progress.
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
  /** Whether the next run goes on from a file. */
  #goesOn = false;
  #run: TrainingRun<Input, Output> | undefined;
  /** Of the newest file of the run. */
  #number = 0;

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

  /**
   * Saves the run as it is now, in one zip file: network, optimizer, schedule, random streams, the place in the epoch, history
   * and best weights. Files are written whole or not at all; the newest take the place of the oldest. Saving changes nothing:
   * a run that is killed and goes on from a file is equal to the bit to one that never ended.
   *
   * @param place a path in Node, as `runs/digits`, for `runs/digits.0.zip` and others; elsewhere a function of the number, as
   *   `(slot) => originPrivateFile(`digits-${slot}`)`.
   * @throws what `save(net)`, `saveOptimizer` and the place throw.
   */
  async save(place: RunPlace, options: RunFileOptions = {}): Promise<void> {
    const { kept } = fileOptions.read(options);
    const number = ++this.#number;
    if (this.#isFollower) return;
    const { saveRun } = await import('./run-file/save-run.js'); // most programs never save
    const unsettled = this.#run?.unsettled ?? [];
    await saveRun({ ...this.#state, progress: this.#progress, unsettled }, place, { number, kept });
  }

  /**
   * Takes over the newest file of a run that is sound; the next `run` or `train` goes on from it, for as many epochs in all as it
   * says. Returns false, and changes nothing, when there is none.
   *
   * @throws DataError when all of its files are damaged; ModuleError and OptimizerError when it does not fit. Nothing is changed
   *   then.
   */
  async load(place: RunPlace, options: RunFileOptions = {}): Promise<boolean> {
    const { kept } = fileOptions.read(options);
    const { findTogether } = await import('./run-file/find-together.js');
    const found = await findTogether(place, kept, this.optimizer.nodeinfo);
    if (found) await this.#goOnFrom(found);
    return found !== undefined;
  }

  /**
   * Makes a Trainer that goes on where the newest file of a run stopped. The network is rebuilt from the file, unless it is given.
   *
   * @example
   * const trainer = new Trainer(net, cost, optimizer, { batchSize: 4 });
   * await trainer.train(digits.train, undefined, { epochs: 2, saveTo: 'runs/digits' });
   * const again = await Trainer.resume('runs/digits', { cost: new CrossEntropy(), optimizer: new Adam(), batchSize: 4 });
   * await again.train(digits.train, undefined, { epochs: 4 }); // the third and the fourth
   * @throws DataError when there is no file, or none that is sound; what `load(file)` and the constructor throw.
   */
  static async resume(place: RunPlace, given: ResumeOptions): Promise<Trainer> {
    const { module, cost, optimizer, modules, kept, ...options } = resumeOptions.read(given);
    const { findTogether } = await import('./run-file/find-together.js');
    const found = await findTogether(place, kept, optimizer.nodeinfo);
    if (!found)
      throw new DataError('There is no run to go on with', { path: 'Trainer.resume', hint: 'Start a new one' });
    const { networkOf } = await import('./run-file/restore-run.js');
    const net = module ?? (await networkOf(found, modules));
    if (optimizer.module !== net) optimizer.setupOn(net);
    const trainer = new Trainer(net, cost, optimizer, options);
    await trainer.#goOnFrom(found);
    return trainer;
  }

  async #goOnFrom(found: FoundRun): Promise<void> {
    const { contentsOf, restoreRun } = await import('./run-file/restore-run.js');
    const release = claim(this); // nobody may train it meanwhile
    try {
      const progress = new RunProgress();
      restoreRun({ ...this.#state, progress }, contentsOf(found));
      this.#progress.forgetBest();
      this.#progress = progress;
    } finally {
      release();
    }
    this.#number = found.notes.number;
    this.#goesOn = true;
  }

  /** Whether another rank saves and prints. */
  get #isFollower(): boolean {
    return (this.optimizer.nodeinfo?.rank ?? 0) > 0;
  }

  get #state() {
    const { module, cost, optimizer } = this;
    const { schedule, stream } = this.#options;
    return { module, cost, optimizer, schedule, stream };
  }

  /** Trains on a Dataset, or on data and targets, step by step; leaving the loop ends the run. */
  async *run(
    data: LabelledSamples | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: RunOptions = {},
  ): AsyncGenerator<Step, void, undefined> {
    const goes = runOptions.read(options);
    const { onBatchFinish, progress: showsProgress } = this.#options;
    const release = claim(this);
    const bar = showsProgress && !this.#isFollower ? new ProgressBar() : undefined;
    try {
      const samples = await samplesOf(data, target, goes.sampleWeights);
      if (!this.#goesOn) this.#progress = new RunProgress(goes.startAt);
      this.#goesOn = false;
      const progress = this.#progress;
      const run = new TrainingRun<Input, Output>({
        ...{
          learner: this,
          samples,
          batchSize: this.batchSize,
          works: this.#options,
          goes,
          progress,
          gate: this.#gate,
        },
        save: (place) => this.save(place, { kept: goes.kept }),
      });
      this.#run = run;
      for await (const step of run.steps()) {
        this.current = step;
        bar?.show(step, progress.history.losses.at(-1));
        await onBatchFinish?.(step);
        yield step;
      }
    } finally {
      bar?.end();
      this.#run = undefined;
      release();
    }
  }

  /** Trains to the end and returns the mean error of the last epoch, or the list of them that a `Multi` has. */
  async train(
    data: LabelledSamples | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: RunOptions = {},
  ): Promise<Errors> {
    const steps = this.run(data, target, options);
    while (!(await steps.next()).done);
    const { nodeinfo } = this.optimizer;
    const errors = await this.cost.getMeanError();
    return nodeinfo ? errorsOverRanks(errors, nodeinfo) : errors;
  }

  /**
   * PuzzleLib's form for large host arrays: parts of `macroBatchSize` samples, in random order themselves when `random`,
   * with a call after each. Gives the mean error over all parts.
   */
  async trainFromHost(
    data: LabelledSamples | AnySamples | HandlerInput,
    target?: HandlerInput,
    options: TrainFromHostOptions<Trainer<Input, Output, Errors>> = {},
  ): Promise<Errors> {
    const { macroBatchSize, onMacroBatchFinish, random, signal } = fromHostOptions.read(options);
    const finished = onMacroBatchFinish as typeof options.onMacroBatchFinish;
    await afterParts(this.run(data, target, { shuffle: random, signal }), macroBatchSize, () => finished?.(this));
    return this.cost.getMeanError();
  }
}
