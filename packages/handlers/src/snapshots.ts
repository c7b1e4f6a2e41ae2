import { currentBackend, liveStorages } from '@tessera-nn/core';
import { HostCopies } from '@tessera-nn/core/internal';
import type { RunContents, RunState } from './run-file/save-run.js';

/** What a lost WebGL context cost. */
export interface ContextLoss {
  /** The epoch in which training goes on, from 1. */
  readonly epoch: number;
  /** The next batch, from 1, within the epoch. */
  readonly batch: number;
  /** Steps that were made and are made once more. */
  readonly lostSteps: number;
}

/** A device that is lost so often from one copy on is lost by what is done there. */
const MOST_LOSSES = 10;

/** Copies of a run in memory of the host, from time to time, for when the browser takes the WebGL context away. */
export class Snapshots {
  readonly #period: number;
  readonly #run: () => RunState;
  readonly #rest = new HostCopies();
  #last: RunContents | undefined;
  #steps = 0;
  #losses = 0;

  /** @param period steps from one copy to the next; 0 for none. */
  constructor(period: number, run: () => RunState) {
    this.#period = period;
    this.#run = run;
  }

  /** Counts a step. Returns whether it is time for the next copy. */
  count(): boolean {
    this.#steps++;
    return this.#last !== undefined && this.#steps >= this.#period;
  }

  /** Copies the run as it is now, on WebGL. No step may be unsettled. */
  async take(): Promise<void> {
    if (this.#period === 0 || currentBackend() !== 'webgl') return;
    const { readRun } = await import('./run-file/save-run.js'); // most programs never lose it
    [this.#last] = await Promise.all([readRun(this.#run()), this.#rest.take(tensors())]);
    this.#steps = this.#losses = 0;
  }

  /**
   * Makes everything as it was at the last copy, on a new context, where the one before was lost.
   *
   * @returns undefined where it was not, where there is no copy, and where it is lost again and again.
   */
  async putBack(): Promise<ContextLoss | undefined> {
    const last = this.#last;
    if (!last || !this.#rest.areNeeded || ++this.#losses > MOST_LOSSES) return undefined;
    const { restoreRun } = await import('./run-file/restore-run.js');
    await this.#rest.revive(tensors());
    const run = this.#run();
    restoreRun(run, last);
    const { epoch, batch } = run.progress;
    const lostSteps = this.#steps;
    this.#steps = 0;
    console.warn(
      `Tessera: the WebGL context was lost. Training goes on at batch ${batch + 1} of epoch ${epoch}, with ${lostSteps} steps made again`,
    );
    return { epoch, batch: batch + 1, lostSteps };
  }
}

const tensors = () => Array.from(liveStorages(), ({ tensor }) => tensor);
