import { ReleasedError, ValueError, type Data, type Variable } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { save, type Place } from '@tessera-nn/io';
import type { Step } from '../step.js';
import type { RunOptions, ValidationData } from '../trainer-options.js';
import type { Trainer } from '../trainer.js';
import { Validator } from '../validator.js';
import { answerCalls } from './calls.js';
import { HistoryFeed, type Growth } from './history-feed.js';
import { ownPort } from './port.js';
import { receivedData, type HeldData, type SentData } from './sent-data.js';

/** What a worker trains, and the data that it holds, for the other side to name. */
export interface Served<Input extends Data = Variable, Output extends Data = Variable, Errors = number> {
  readonly trainer: Trainer<Input, Output, Errors>;
  readonly data?: HeldData;
  /** What else it does for the other side, which asks for it with `call`. */
  readonly calls?: ServedCalls;
}

/** Functions by name; what they are given and return can be cloned. */
export type ServedCalls = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Makes what a worker trains, of what its other side started it with. */
export type MakeServed<Init, Input extends Data, Output extends Data, Errors> = (
  init: Init,
) => Served<Input, Output, Errors> | Promise<Served<Input, Output, Errors>>;

/** How a run goes, as far as it can be sent. */
export interface SentRun extends Omit<RunOptions, 'validation' | 'signal'> {
  readonly validation?: SentData | undefined;
}

/** A step, without its loss, which is asked for by its number. */
export interface ToldStep {
  readonly number: number;
  readonly step: Omit<Step, 'loss'>;
  readonly growth: Growth;
}

/** Steps whose loss can still be asked for: more than there are on their way to the other side. */
const KEPT_STEPS = 32;

/**
 * Serves a Trainer out of a worker, to the `WorkerTrainer` that started it. Called before anything is awaited in the worker's
 * file: a page does not wait, and what it sends is lost until then.
 *
 * @param make makes the Trainer, of what `WorkerTrainer.start` was given; backends, networks and data are the worker's own.
 * @throws ModuleError outside of a worker.
 */
export function serveTrainer<Init, Input extends Data = Variable, Output extends Data = Variable, Errors = number>(
  make: MakeServed<Init, Input, Output, Errors>,
): void {
  answerCalls(ownPort(), new TrainerService<Init, Input, Output, Errors>(make));
}

/** What can be called from the other side; runs and validations have numbers. */
export class TrainerService<Init, Input extends Data, Output extends Data, Errors> {
  readonly #make: MakeServed<Init, Input, Output, Errors>;
  readonly #feed = new HistoryFeed();
  readonly #runs = new Map<number, AsyncGenerator<Step, void>>();
  readonly #aborts = new Map<number, AbortController>();
  readonly #steps = new Map<number, Step>();
  #served!: Served<Input, Output, Errors>;
  #made = 0;

  constructor(make: MakeServed<Init, Input, Output, Errors>) {
    this.#make = make;
  }

  async start(init: Init): Promise<void> {
    this.#served = await this.#make(init);
  }

  begin(run: number, sent: SentData, { validation, ...goes }: SentRun): void {
    const { trainer, data: held = {} } = this.#served;
    const [data, target, weights] = receivedData(sent, held);
    const options: RunOptions = {
      ...goes,
      signal: this.#signalOf(run),
      sampleWeights: goes.sampleWeights ?? weights,
      validation: validation === undefined ? undefined : (receivedData(validation, held) as ValidationData),
    };
    this.#runs.set(run, trainer.run(data, target, options));
  }

  /** Makes a step of a run; undefined behind the last one. */
  async next(run: number): Promise<ToldStep | undefined> {
    const { value } = (await this.#runs.get(run)?.next()) ?? {};
    if (!value) return undefined;
    const { loss: _, ...step } = value;
    this.#steps.set(++this.#made, value);
    this.#steps.delete(this.#made - KEPT_STEPS);
    return { number: this.#made, step, growth: this.#feed.growthOf(this.#served.trainer.history) };
  }

  /** Ends a run, wherever it is, and tells what came to the history at last. */
  async end(run: number): Promise<Growth> {
    try {
      await this.#runs.get(run)?.return();
    } finally {
      this.#runs.delete(run);
      this.#aborts.delete(run);
    }
    return this.#feed.growthOf(this.#served.trainer.history);
  }

  /** @throws ReleasedError when many more steps were made since. */
  async lossOf(number: number): Promise<number> {
    const step = this.#steps.get(number);
    if (step) return step.loss();
    throw new ReleasedError('The loss of a step was asked for when many more were made', {
      path: 'WorkerTrainer',
      hint: 'Ask for it while the step is the current one, or look into history.losses',
    });
  }

  async meanError(): Promise<Errors> {
    return this.#served.trainer.cost.getMeanError();
  }

  async validate(number: number, sent: SentData): Promise<Errors> {
    const { trainer, data: held = {} } = this.#served;
    const [data, target] = receivedData(sent, held);
    const { module, cost, batchSize } = trainer;
    const signal = this.#signalOf(number);
    try {
      return await new Validator(module, cost, { batchSize }).validate(data, target, { signal });
    } finally {
      this.#aborts.delete(number);
    }
  }

  /** Stops a run or a validation. */
  abort(number: number): void {
    this.#aborts.get(number)?.abort();
  }

  pause(): void {
    this.#served.trainer.pause();
  }

  proceed(): void {
    this.#served.trainer.proceed();
  }

  /** @throws ValueError for a name that is not served. */
  call(name: string, args: readonly unknown[]): unknown {
    const { calls = {} } = this.#served;
    if (Object.hasOwn(calls, name)) return calls[name]!(...(args as never[]));
    throw new ValueError('The worker serves no call of this name', {
      path: 'WorkerTrainer',
      expected: Object.keys(calls).join(', ') || 'none: the function of serveTrainer returned no calls',
      received: shownValue(name),
    });
  }

  async save(): Promise<Uint8Array> {
    let file: Uint8Array | undefined;
    await this.#served.trainer.save(() => memory((bytes) => (file = bytes)), { kept: 1 });
    return file!;
  }

  async load(file: Uint8Array): Promise<Growth> {
    const { trainer } = this.#served;
    await trainer.load(() => memory(() => undefined, file), { kept: 1 });
    return this.#feed.growthOf(trainer.history);
  }

  saveNetwork(): Promise<Uint8Array> {
    return save(this.#served.trainer.module);
  }

  #signalOf(number: number): AbortSignal {
    const controller = new AbortController();
    this.#aborts.set(number, controller);
    return controller.signal;
  }
}

/** A place of one file that is nowhere else. */
const memory = (write: (bytes: Uint8Array) => void, file?: Uint8Array): Place => ({
  name: 'The file of the run',
  read: () => Promise.resolve(file!),
  write: (bytes) => Promise.resolve(write(bytes)),
});
