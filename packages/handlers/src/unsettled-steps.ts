import type { AnyModule, Data, Variable } from '@tessera-nn/core';
import { areFinite, type Attempt } from '@tessera-nn/core/internal';
import type { Part } from './train-step.js';

/** A step that was made and can still be taken back. */
export interface MadeStep<Input extends Data = Variable> {
  /** Which batch of its epoch it learned from, from 1. */
  readonly batch: number;
  readonly samples: number;
  readonly parts: readonly Part<Input>[];
  readonly attempt: Attempt<unknown>;
  readonly loss: LossReader;
}

/**
 * Steps whose losses are still to come. A loss is read while the device works on the next step, so nothing waits; and since
 * a gradient that is not finite spoils the next loss, a step is final only when the one behind it has a finite loss.
 */
export class UnsettledSteps<Input extends Data = Variable> {
  readonly #steps: MadeStep<Input>[] = [];
  readonly #module: AnyModule;
  readonly #checks: boolean;
  readonly #onFinal: (step: MadeStep<Input>, loss: number) => void;

  /**
   * @param checks whether losses and weights that are not finite are wrong; else every step is final at once.
   * @param onFinal called for each step that stays, in their order, when its loss is known.
   */
  constructor(module: AnyModule, checks: boolean, onFinal: (step: MadeStep<Input>, loss: number) => void) {
    this.#module = module;
    this.#checks = checks;
    this.#onFinal = onFinal;
  }

  /** Oldest first. */
  get steps(): readonly MadeStep<Input>[] {
    return this.#steps;
  }

  add(step: MadeStep<Input>): void {
    if (!this.#checks) step.attempt.commit();
    this.#steps.push(step);
  }

  /** Waits for the loss of the step before the newest. Returns the step that went wrong, when one did: it was taken back. */
  async advance(): Promise<MadeStep<Input> | undefined> {
    const step = this.#steps.at(-2);
    if (!step) return undefined;
    if (!(await this.#isSound(step))) return this.#takeBack(step);
    await this.#commitAllBut(this.#checks ? 2 : 1);
    return undefined;
  }

  /** Waits for all of them, and looks at the weights for want of a step that would show what the last gradient was. */
  async settle(): Promise<MadeStep<Input> | undefined> {
    const last = this.#steps.at(-1);
    if (!last) return undefined;
    for (const step of this.#steps) if (!(await this.#isSound(step))) return this.#takeBack(step);
    if (this.#checks && !(await areFinite(this.#module.parameters()))) return this.#takeBack(last);
    await this.#commitAllBut(0);
    return undefined;
  }

  /** Leaves them as they are, for a run that ends with an error, which says more than their losses could. */
  async leave(): Promise<void> {
    for (const step of this.#steps.splice(0)) {
      step.attempt.commit();
      const finished = async () => this.#onFinal(step, await step.loss.finish());
      await finished().catch(() => undefined); // what a lost device was to tell
    }
  }

  /** Lets go of all of them, whose losses went with the device. */
  drop(): void {
    for (const { attempt, loss } of this.#steps.splice(0)) {
      attempt.commit();
      loss.finish().catch(() => undefined);
    }
  }

  async #isSound({ loss }: MadeStep<Input>): Promise<boolean> {
    return Number.isFinite(await loss.read()) || !this.#checks;
  }

  /** Takes back a step and all behind it; the one before it too, when it was its update that spoilt the weights. */
  async #takeBack(wrong: MadeStep<Input>): Promise<MadeStep<Input>> {
    await this.#undoFrom(wrong);
    const before = this.#steps.at(-1);
    if (!before || (await areFinite(this.#module.parameters()))) return wrong;
    await this.#undoFrom(before);
    return before;
  }

  async #undoFrom(first: MadeStep<Input>): Promise<void> {
    const undone = this.#steps.splice(this.#steps.indexOf(first)).reverse();
    for (const { attempt } of undone) attempt.undo();
    await Promise.all(undone.map(({ loss }) => loss.finish()));
  }

  async #commitAllBut(kept: number): Promise<void> {
    for (const step of this.#steps.splice(0, Math.max(0, this.#steps.length - kept))) {
      step.attempt.commit();
      this.#onFinal(step, await step.loss.finish());
    }
  }
}

/** Reads a loss once, and frees it. */
export class LossReader {
  #value: Promise<number> | undefined;

  constructor(readonly loss: Variable) {}

  read(): Promise<number> {
    return (this.#value ??= this.loss.item());
  }

  async finish(): Promise<number> {
    try {
      return await this.read();
    } finally {
      this.loss.dispose();
    }
  }
}
