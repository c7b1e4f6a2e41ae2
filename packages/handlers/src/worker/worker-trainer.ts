import { ModuleError, option, optionsOf, ValueError, type Given } from '@tessera-nn/core';
import { History, type EpochRecord } from '../history.js';
import type { HandlerInput } from '../host-arrays.js';
import { afterParts } from '../macro-batches.js';
import type { AnySamples, LabelledSamples } from '../samples.js';
import type { Step } from '../step.js';
import { fromHostOptions, runOptions, type TrainFromHostOptions } from '../trainer-options.js';
import type { ValidationData } from '../trainer-options.js';
import type { ValidateOptions } from '../validator.js';
import { Caller } from './calls.js';
import { grown, type Growth } from './history-feed.js';
import { checkWorker, type AnyWorker } from './port.js';
import { sentData, type SentData } from './sent-data.js';
import type { SentRun, ToldStep, TrainerService } from './serve-trainer.js';

const workerOptions = optionsOf('WorkerTrainer', {
  /** Called after each batch; a Promise is awaited before the next call, while the worker goes on. */
  onBatchFinish: option.callback<(step: Step) => unknown>().optional,
  /** Called after each epoch, behind validation and schedule. */
  onEpochFinish: option.callback<(record: EpochRecord) => unknown>().optional,
});
/** Who is told of the run that goes on in a worker. */
export type WorkerTrainerOptions = Given<typeof workerOptions>;

/** What a worker can be trained on, and measured on: data that it holds, by name, or any that are sent to it. */
export type WorkerData = string | LabelledSamples | AnySamples | HandlerInput;

/** How one run goes in a worker; the data of its validation may be the worker's. */
export type WorkerRunOptions = Omit<Given<typeof runOptions>, 'validation'> & {
  /** As for a Trainer, or the name of data that the worker holds. */
  validation?: ValidationData | string | undefined;
};

/** `train` has so many steps on their way, so that the worker does not wait for the page. */
const STEPS_AHEAD = 8;

/**
 * A Trainer in a worker, of a page or of Node: it is used as a Trainer is, and the page stays alive meanwhile.
 *
 * The worker's file makes the Trainer, in a function for `serveTrainer`. Losses, history and weights are those of the same
 * Trainer without a worker, to the bit; errors arrive as the ones they were. Data are sent once for each run, as they are then,
 * unless the worker holds them and they are named. `run` waits with each step until it is asked for; `train` does not wait.
 *
 * ```ts
 * const worker = new Worker(new URL('train.worker.js', import.meta.url), { type: 'module' });
 * const trainer = await WorkerTrainer.start(worker, { rate: 1e-3 });
 * for await (const step of trainer.run('digits', undefined, { epochs: 4 })) console.log(await step.loss());
 * const net = await load(await trainer.saveNetwork());
 * await trainer.close();
 * ```
 *
 * @throws what the Trainer throws; ModuleError when the worker has ended.
 */
export class WorkerTrainer<Errors = number> {
  /** The step that was finished last. */
  current: Step | undefined;
  /** The losses and epochs of the run that goes on, or of the last one, as far as they were told. */
  history = new History();
  readonly #worker: AnyWorker;
  readonly #service: Caller<TrainerService<unknown, never, never, Errors>>;
  readonly #options: WorkerTrainerOptions;
  #tasks = 0;

  private constructor(worker: AnyWorker, options: WorkerTrainerOptions) {
    checkWorker(worker);
    this.#worker = worker;
    this.#options = workerOptions.read(options);
    this.#service = new Caller(worker, (cause) => ended('The worker of a Trainer has failed', cause));
  }

  /**
   * Starts the Trainer of a worker.
   *
   * @param worker just made: it is this Trainer's from now on.
   * @param init goes to the function of `serveTrainer`; anything that can be cloned.
   * @throws what that function throws; then the worker has ended.
   */
  static async start<Errors = number>(
    worker: AnyWorker,
    init?: unknown,
    options: WorkerTrainerOptions = {},
  ): Promise<WorkerTrainer<Errors>> {
    const trainer = new WorkerTrainer<Errors>(worker, options);
    try {
      await trainer.#service.call('start', init);
      return trainer;
    } catch (error) {
      await trainer.close();
      throw error;
    }
  }

  /** Ends the worker, wherever it is, with all that it holds. What still waits for it is refused. */
  async close(): Promise<void> {
    this.#service.end(() => ended('The Trainer was closed'));
    await this.#worker.terminate();
  }

  /** Trains step by step; leaving the loop ends the run. */
  run(data: WorkerData, target?: HandlerInput, options: WorkerRunOptions = {}): AsyncGenerator<Step, void, undefined> {
    return this.#steps(data, target, options, 1);
  }

  /** Trains to the end and returns the mean error of the last epoch. */
  async train(data: WorkerData, target?: HandlerInput, options: WorkerRunOptions = {}): Promise<Errors> {
    const steps = this.#steps(data, target, options, STEPS_AHEAD);
    while (!(await steps.next()).done);
    return this.#service.call('meanError');
  }

  /** PuzzleLib's form, as the Trainer's. */
  async trainFromHost(
    data: WorkerData,
    target?: HandlerInput,
    options: TrainFromHostOptions<WorkerTrainer<Errors>> = {},
  ): Promise<Errors> {
    const { macroBatchSize, onMacroBatchFinish, random, signal } = fromHostOptions.read(options);
    const finished = onMacroBatchFinish as typeof options.onMacroBatchFinish;
    await afterParts(this.run(data, target, { shuffle: random, signal }), macroBatchSize, () => finished?.(this));
    return this.#service.call('meanError');
  }

  /** The mean error, as a `Validator` of the same network, cost and batch size measures it; also during a run. */
  async validate(data: WorkerData, target?: HandlerInput, { signal }: ValidateOptions = {}): Promise<Errors> {
    const number = ++this.#tasks;
    const sent = await sentData(data, target);
    const release = this.#abortsWith(signal, number);
    try {
      return await this.#service.call('validate', number, sent);
    } catch (error) {
      throw reasonOf(error, signal);
    } finally {
      release();
    }
  }

  /** Holds a run up before its next step, until `proceed`. */
  pause(): Promise<void> {
    return this.#service.call('pause');
  }

  /** Lets a run go on that was paused. */
  proceed(): Promise<void> {
    return this.#service.call('proceed');
  }

  /**
   * Asks for something else that the worker serves: what the network answers, a picture of its filters. Between two steps of a
   * run it sees the network as the last one left it.
   *
   * @param name in the `calls` of what the function of `serveTrainer` returned.
   * @throws ValueError for a name that is not served; what the call throws.
   */
  async call<Result>(name: string, ...args: readonly unknown[]): Promise<Result> {
    return (await this.#service.call('call', name, args)) as Result;
  }

  /** The file of the run as it is now, which `load` and `Trainer.load` go on from. */
  save(): Promise<Uint8Array> {
    return this.#service.call('save');
  }

  /** Takes a run over from its file; the next `run` or `train` goes on from it. @throws what `Trainer.load` throws. */
  async load(file: Uint8Array): Promise<void> {
    this.history = grown(this.history, await this.#service.call('load', file));
  }

  /** The network as `save(net)` writes it: `load` rebuilds it, `loadWeights` puts its weights into another. */
  saveNetwork(): Promise<Uint8Array> {
    return this.#service.call('saveNetwork');
  }

  async *#steps(
    data: WorkerData,
    target: HandlerInput | undefined,
    options: WorkerRunOptions,
    ahead: number,
  ): AsyncGenerator<Step, void, undefined> {
    const { onBatchFinish } = this.#options;
    const { signal } = options;
    const run = ++this.#tasks;
    const sent = [await sentData(data, target), await sentOptions(options)] as const;
    const release = this.#abortsWith(signal, run);
    const asked: Promise<ToldStep | undefined>[] = [];
    try {
      await this.#service.call('begin', run, ...sent);
      for (;;) {
        while (asked.length < ahead) asked.push(this.#next(run));
        const told = await asked.shift();
        if (!told) return;
        const step = this.#stepOf(told);
        await this.#grow(told.growth);
        await onBatchFinish?.(step);
        yield step;
      }
    } catch (error) {
      throw reasonOf(error, signal);
    } finally {
      release();
      if (!this.#service.hasEnded) await this.#grow(await this.#service.call('end', run));
    }
  }

  #next(run: number): Promise<ToldStep | undefined> {
    const told = this.#service.call('next', run);
    told.catch(() => undefined); // of several that wait, the first one throws
    return told;
  }

  #stepOf({ step, number }: ToldStep): Step {
    let loss: Promise<number> | undefined;
    return (this.current = { ...step, loss: () => (loss ??= this.#service.call('lossOf', number)) });
  }

  async #grow(growth: Growth): Promise<void> {
    this.history = grown(this.history, growth);
    for (const record of growth.epochs) await this.#options.onEpochFinish?.(record);
  }

  /** Lets a signal stop a task of the worker, until the function that it returns is called. @throws its reason. */
  #abortsWith(signal: AbortSignal | undefined, task: number): () => void {
    signal?.throwIfAborted();
    const abort = () => void this.#service.call('abort', task).catch(() => undefined); // it may have ended
    signal?.addEventListener('abort', abort);
    return () => signal?.removeEventListener('abort', abort);
  }
}

/** What was thrown, or the reason for which somebody wanted it. */
function reasonOf(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted && (error as Partial<Error>).name === 'AbortError' ? signal.reason : error;
}

function ended(what: string, cause?: unknown): ModuleError {
  return new ModuleError(what, {
    path: 'WorkerTrainer',
    hint: 'Start another one; a run that was saved goes on with load(file)',
    cause,
  });
}

/** @throws ValueError where it would be saved to a place of the page; what the options of a run throw. */
async function sentOptions({ signal: _, validation, ...options }: WorkerRunOptions): Promise<SentRun> {
  const { validation: _none, signal: _neither, ...goes } = runOptions.read(options);
  if (goes.saveTo !== undefined && typeof goes.saveTo !== 'string') {
    throw new ValueError('A worker saves its run to a path', {
      path: 'WorkerTrainer',
      expected: 'saveTo: a path',
      hint: 'Elsewhere write the bytes of save() to a place, as in onEpochFinish',
    });
  }
  return { ...goes, ...(validation !== undefined && { validation: await sentValidation(validation) }) };
}

function sentValidation(validation: ValidationData | string): Promise<SentData> {
  const parts = Array.isArray(validation) ? (validation as unknown[]) : [validation];
  return sentData(...(parts as [HandlerInput, HandlerInput?, ArrayLike<number>?]));
}
