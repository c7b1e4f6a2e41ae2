import type { RandomState, RandomStream, Storage, Variable } from '@tessera-nn/core';
import type { Memento } from '@tessera-nn/core/internal';
import { History } from './history.js';
import type { EpochPlan } from './run-file/run-notes.js';

/** The weights with the best validation so far. They share memory with the network until it learns on. */
export interface Best {
  readonly epoch: number;
  /** The error or the loss, whichever is watched. */
  readonly score: number;
  readonly weights: ReadonlyMap<Variable, Storage>;
}

/** Where a run is: all of it that is not in network, optimizer, schedule and cost. */
export class RunProgress {
  /** The epoch that runs, from 1. */
  epoch = 1;
  /** Its batches that were learned from. */
  batch: number;
  /** The losses of its final steps, each times its samples. */
  lossSum = 0;
  samples = 0;
  /** Where the stream stood that its order was drawn from; undefined before, and where samples come in order. */
  shuffledFrom: RandomState | undefined;
  /** What its epochs are made of, as soon as it runs. */
  plan: EpochPlan | undefined;
  /** The streams that its samples draw from; of a run out of a file, where they shall stand. */
  dataStreams: readonly Pick<RandomStream, 'state'>[] = [];
  history = new History();
  best: Best | undefined;
  /** Validations in a row that were no better than the best. */
  stale = 0;

  /** @param batch how many batches of the first epoch are left out. */
  constructor(batch = 0) {
    this.batch = batch;
  }

  /** For a step that is taken back. */
  memento(): Memento {
    const { batch } = this;
    return { restore: () => void (this.batch = batch), release: () => undefined };
  }

  /** Notes a step that is final. */
  add(loss: number, samples: number): void {
    this.history.losses.push(loss);
    this.lossSum += loss * samples;
    this.samples += samples;
  }

  beginNextEpoch(): void {
    this.epoch++;
    this.batch = this.lossSum = this.samples = 0;
    this.shuffledFrom = undefined;
  }

  /** Takes the score of an epoch; where it is the best so far, keeps what these Variables show. */
  judge(score: number, variables: Iterable<Variable>): void {
    if (!(score < (this.best?.score ?? Infinity))) {
      this.stale++;
      return;
    }
    this.forgetBest();
    this.stale = 0;
    const weights = new Map(Array.from(variables, (variable) => [variable, variable.storage.retain()]));
    this.best = { epoch: this.epoch, score, weights };
  }

  /** Puts the best weights back. */
  restoreBest(): void {
    for (const [variable, storage] of this.best?.weights ?? []) variable.replaceStorage(storage.retain());
  }

  /** Lets go of the best weights. */
  forgetBest(): void {
    for (const storage of this.best?.weights.values() ?? []) storage.release();
    this.best = undefined;
  }
}
