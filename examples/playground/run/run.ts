import { computed, signal } from '@preact/signals';
import { WorkerTrainer, type Step } from 'tessera-nn';
import type { Calls } from '../worker/calls.js';
import type { Start } from '../worker/session.js';
import { Speed } from '../../page/speed.js';

/** How far a run is. */
export type Phase = 'none' | 'preparing' | 'training' | 'paused' | 'done' | 'failed';

/** Where a run stands. */
export interface Progress {
  readonly epoch: number;
  readonly epochs: number;
  readonly batch: number;
  readonly batches: number;
}

/** A share of unseen samples that were answered rightly, after a step. */
export interface Measure {
  readonly step: number;
  readonly share: number;
}

/** How often the unseen samples are measured in an epoch. */
const MEASURES_PER_EPOCH = 4;

/** One network in a worker, from its first step to its last; what it shows are signals. */
export class Run {
  readonly phase = signal<Phase>('none');
  readonly progress = signal<Progress | undefined>(undefined);
  /** The losses of all steps, and what was measured; `progress` changes when they do. */
  readonly losses: number[] = [];
  readonly measures: Measure[] = [];
  readonly loss = signal<number | undefined>(undefined);
  readonly accuracy = signal<number | undefined>(undefined);
  readonly speed = signal<number | undefined>(undefined);
  readonly error = signal<unknown>(undefined);
  /** Whether there is a network to ask. */
  readonly hasNetwork = computed(() => ['training', 'paused', 'done'].includes(this.phase.value));
  /** Changes when the network has, by more than a step, and when it was measured. */
  readonly version = signal(0);
  readonly #speed = new Speed();
  #trainer: WorkerTrainer | undefined;
  #steps: AsyncGenerator<Step, void, undefined> | undefined;
  /** How many steps it may still make before it rests. */
  #budget = 0;
  /** What is waited for between two steps. */
  readonly #between: (() => Promise<void>)[] = [];

  /** Lets something look at the network after each step, before the next one begins. */
  afterSteps(work: () => Promise<void>): void {
    this.#between.push(work);
  }

  /** Begins anew with what is given, and rests before the first step. */
  async prepare(start: Start): Promise<void> {
    await this.#end();
    this.phase.value = 'preparing';
    try {
      const worker = new Worker(new URL('worker/worker.js', import.meta.url), { type: 'module' });
      this.#trainer = await WorkerTrainer.start(worker, start);
      this.#steps = this.#trainer.run('train', undefined, { epochs: start.training.epochs });
      this.#rest('paused');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Goes on for so many steps. */
  async goOn(count = Infinity): Promise<void> {
    const steps = this.#steps;
    if (this.phase.value !== 'paused' || !steps) return;
    this.#budget = count;
    this.phase.value = 'training';
    this.#speed.restart();
    try {
      while (this.#budget-- > 0) {
        const { value: step } = await steps.next();
        if (steps !== this.#steps) return;
        if (!step) return this.#rest('done');
        await this.#show(step);
      }
      this.#rest('paused');
    } catch (error) {
      if (steps === this.#steps) this.#fail(error); // else somebody has begun anew
    }
  }

  /** Rests after the step that is being made. */
  pause(): void {
    this.#budget = 0;
  }

  /** Asks the worker. @throws what it throws there. */
  ask<Name extends keyof Calls>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    if (!this.#trainer) throw new Error(`There is no network yet to ask for ${name}`);
    return this.#trainer.call(name, ...args);
  }

  /** The weights with the network's blueprint, as a safetensors file. */
  async weights(): Promise<Uint8Array> {
    return this.#trainer!.saveNetwork();
  }

  /** Puts weights from a file into the network, and measures it. @throws what `loadWeights` throws. */
  async loadWeights(file: Uint8Array): Promise<void> {
    await this.ask('loadWeights', file);
    await this.#measure();
  }

  async #show(step: Step): Promise<void> {
    const { epoch, epochs, batch, batches, samples } = step;
    const at = this.losses.push(NaN) - 1;
    // Not awaited: the device would wait for the page. The run waits for the same promise, and throws its error.
    step.loss().then(
      (loss) => (this.losses[at] = this.loss.value = loss),
      () => undefined,
    );
    this.#speed.stepEnded(samples);
    this.speed.value = this.#speed.imagesPerSecond;
    this.progress.value = { epoch, epochs, batch, batches };
    if (batch % Math.ceil(batches / MEASURES_PER_EPOCH) === 0 || batch === batches) await this.#measure();
    for (const work of this.#between) await work();
    this.#speed.restart();
  }

  async #measure(): Promise<void> {
    const share = 1 - (await this.#trainer!.validate('unseen'));
    this.measures.push({ step: this.losses.length, share });
    this.accuracy.value = share;
    this.version.value++;
  }

  #rest(phase: 'paused' | 'done'): void {
    this.phase.value = phase;
    this.version.value++;
  }

  #fail(error: unknown): void {
    this.phase.value = 'failed';
    this.error.value = error;
  }

  async #end(): Promise<void> {
    this.#budget = 0;
    const trainer = this.#trainer;
    this.#trainer = this.#steps = undefined;
    await trainer?.close();
    this.progress.value = this.speed.value = this.loss.value = this.accuracy.value = this.error.value = undefined;
    this.losses.length = this.measures.length = 0;
  }
}
