import { option, optionsOf, type Given, type Module, type RandomStream } from '@tessera-nn/core';
import type { AnyCost } from '@tessera-nn/cost';
import type { LoadOptions } from '@tessera-nn/io';
import type { Optimizer, ReduceLROnPlateau, Schedule } from '@tessera-nn/optim';
import type { Divergence } from './divergence.js';
import { batchSizeOption } from './handler.js';
import type { EpochRecord } from './history.js';
import type { HandlerInput } from './host-arrays.js';
import { metricsOption } from './named-metrics.js';
import { FRAME_BUDGET_MS } from './pace.js';
import { type AnySamples, type LabelledSamples, sampleWeightsOption } from './samples.js';
import { DEFAULT_KEPT, isRunPlace, type RunPlace } from './run-file/run-place.js';
import type { ContextLoss } from './snapshots.js';
import type { Step } from './step.js';

/** Reading all weights and state takes about as long as a step. */
const DEFAULT_PERIOD = 100;

export const trainerOptions = optionsOf('Trainer', {
  /** Samples that go through the network at once. Default 128. */
  batchSize: batchSizeOption,
  /** So many batches make one step: their gradients are added up before the update. Default 1. */
  accumulate: option.count.or(1),
  /** Makes the gradients of a step together no longer than this, as `clipGradNorm` does. */
  clipNorm: option.numberAbove(0).optional,
  /** Brings every element of the gradients into [-clipValue, clipValue]; before `clipNorm`. */
  clipValue: option.numberAbove(0).optional,
  /** Changes the learning rate as training goes on, and is saved with the run. */
  schedule: option.objectWith<Schedule | ReduceLROnPlateau>('a schedule', 'step', 'stateDict').optional,
  /** When the schedule's `step` is called. Default after each epoch. */
  scheduleEvery: option.oneOf('epoch', 'step').or('epoch'),
  /**
   * What becomes of a step whose loss or gradient is not finite. `stop` ends the run with a DivergenceError, `skip` leaves the
   * batch out, `lower` also halves the learning rate; all three take the step back, for which weights and state of two steps
   * before are held. `ignore` looks at nothing and holds nothing. Default `stop`.
   */
  nonFinite: option.oneOf('stop', 'skip', 'lower', 'ignore').or('stop'),
  /**
   * On `webgl`, after how many steps the run is copied to memory of the host. When the browser takes the context away, WebGL is
   * started anew, and training goes on from the last copy: the steps behind it are made once more, with all that is called
   * then. 0 copies nothing, and a lost context ends the run with a BackendError. Default 100.
   */
  snapshotEvery: option.wholeFrom(0).or(DEFAULT_PERIOD),
  /** Called when that happened, which the console says too; a Promise is awaited. */
  onContextLoss: option.callback<(loss: ContextLoss) => unknown>().optional,
  /** After so many milliseconds without a pause, the page draws and Node serves. Default 12. */
  frameBudgetMs: option.numberFrom(0).or(FRAME_BUDGET_MS),
  /** Whether a line of the terminal shows how far the run is; where there is no terminal it stays quiet. Default false. */
  progress: option.flag.or(false),
  /** What validation counts beside loss and error, for `onEpochFinish` and the history. */
  ...metricsOption,
  /** Called after each batch; a Promise is awaited. */
  onBatchFinish: option.callback<(step: Step) => unknown>().optional,
  /** Called after each epoch, behind validation and schedule; a Promise is awaited. */
  onEpochFinish: option.callback<(record: EpochRecord) => unknown>().optional,
  /** Called when a step was skipped because it was not finite; a Promise is awaited. */
  onDivergence: option.callback<(divergence: Divergence) => unknown>().optional,
  /** Where the order of samples comes from. Default: the shared stream of `seed`. */
  stream: option.objectWith<RandomStream>('a random stream', 'permutation').optional,
});
/** How a Trainer works. */
export type TrainerOptions = Given<typeof trainerOptions>;

/** What a run is validated on: a Dataset, or data with their targets, and with a weight for each where they have some. */
export type ValidationData =
  LabelledSamples | AnySamples | readonly [data: HandlerInput, target: HandlerInput, sampleWeights?: ArrayLike<number>];

export const runOptions = optionsOf('Trainer.run', {
  /** How often to go over all samples. Default 1. */
  epochs: option.count.or(1),
  /** Whether samples come in a new random order each epoch. Default true. */
  shuffle: option.flag.or(true),
  /** Whether a last batch that is short is left out. Default false. */
  dropLast: option.flag.or(false),
  ...sampleWeightsOption,
  /** Measured after an epoch, without learning from it: a Dataset, [data, target] or [data, target, sampleWeights]. */
  validation: option.anything<ValidationData>().optional,
  /** After how many epochs it is. Default 1. */
  validateEvery: option.count.or(1),
  /** What says which weights are best: the `error` of the cost's `validate`, or the mean `loss`. Default `error`. */
  watch: option.oneOf('error', 'loss').or('error'),
  /** Ends the run after so many validations in a row that were no better than the best. Default: it goes on. */
  patience: option.count.optional,
  /** Whether the weights of the best validation are put back when the run ends. Default false. */
  keepBest: option.flag.or(false),
  /** Where to begin in the first epoch: so many batches of it are left out. Default 0. */
  startAt: option.wholeFrom(0).or(0),
  /** Where the run is saved after each epoch, as `save` does: a path in Node, or a place for each number. */
  saveTo: option.kind<RunPlace>('a path, or a function that returns places', isRunPlace).optional,
  /** Saves it also after so many steps within an epoch. */
  saveEvery: option.count.optional,
  /** How many files of it are kept. Default 3. */
  kept: option.count.or(DEFAULT_KEPT),
  /** Stops the run between two steps, with the signal's reason. */
  signal: option.abortSignal.optional,
});
/** How one run of a Trainer goes. */
export type RunOptions = Given<typeof runOptions>;

export const fileOptions = optionsOf('Trainer.save', {
  /** How many files of a run are kept: the newest take the place of the oldest. Default 3. */
  kept: option.count.or(DEFAULT_KEPT),
});
/** How runs are kept. */
export type RunFileOptions = Given<typeof fileOptions>;

export const resumeOptions = optionsOf('Trainer.resume', {
  ...trainerOptions.declared,
  ...fileOptions.declared,
  cost: option.objectWith<AnyCost>('a cost', 'measure'),
  /** Of the class that the run had; it is set up on the network. */
  optimizer: option.objectWith<Optimizer>('an optimizer', 'update'),
  /** The network, built as it was. Default: it is rebuilt from the file. */
  module: option.objectWith<Module>('a module', 'forward').optional,
  /** Classes of your own that are in the network. */
  modules: option.anything<LoadOptions['modules']>().optional,
});
/** What `Trainer.resume` makes a Trainer of, and how that works. */
export type ResumeOptions = Given<typeof resumeOptions>;

export const fromHostOptions = optionsOf('Trainer.trainFromHost', {
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
export type TrainFromHostOptions<Running> = Omit<Given<typeof fromHostOptions>, 'onMacroBatchFinish'> & {
  /** Called after each part; a Promise is awaited. */
  onMacroBatchFinish?: ((trainer: Running) => unknown) | undefined;
};
