import { CostError, noGrad, ShapeError, Variable } from '@tessera-nn/core';
import { compound, shapeText } from '@tessera-nn/core/internal';
import type { CostInput, HostTargets } from '../cost.js';

/** What counts over many batches what a network gets right; whatever has these may be given where metrics are taken. */
export interface AnyMetric<Value = unknown> {
  /** Takes in the outputs of a batch and what they should be. */
  update(output: Variable | CostInput, target: CostInput): void;
  /** What it came to over all batches since the last `reset`. */
  compute(): Promise<Value>;
  /** Begins anew. */
  reset(): void;
  /** Which targets it takes as flat host arrays, to check their values. */
  readonly hostTargets?: HostTargets;
}

/**
 * Counts on the device, which is read when the value is asked for. Counts are whole numbers of float32: exact up to
 * 16,777,216 of a kind.
 */
export abstract class Metric<Value = number> implements AnyMetric<Value> {
  /** The name in messages. */
  static readonly className: string = 'Metric';
  readonly hostTargets = true;
  #counts: Variable | undefined;

  get className(): string {
    return (this.constructor as typeof Metric).className;
  }

  /** What to count of a batch: numbers that add up, always in one shape. */
  protected abstract count(output: Variable, target: CostInput): Variable;

  /** The value of all counts. */
  protected abstract value(counts: Float32Array, shape: readonly number[]): Value;

  /** @throws CostError or ShapeError when output and target do not fit; nothing is counted then. */
  update(output: Variable | CostInput, target: CostInput): void {
    const added = noGrad(() =>
      compound(() => {
        const counts = this.count(output instanceof Variable ? output : new Variable(output), target);
        return this.#counts ? this.#added(this.#counts, counts) : counts;
      }),
    );
    this.#counts?.dispose();
    this.#counts = added.keep();
  }

  /** @throws CostError before the first batch. */
  async compute(): Promise<Value> {
    if (!this.#counts) {
      throw new CostError(`${this.className} has counted nothing yet`, {
        path: this.className,
        hint: 'Call update(output, target) first',
      });
    }
    const { shape } = this.#counts;
    return this.value((await this.#counts.values()) as Float32Array, shape);
  }

  reset(): void {
    this.#counts?.dispose();
    this.#counts = undefined;
  }

  /** Frees what it holds on the device. */
  dispose(): void {
    this.reset();
  }

  #added(before: Variable, counts: Variable): Variable {
    const [expected, received] = [before, counts].map(({ shape }) => shapeText(shape));
    if (expected === received) return before.add(counts);
    throw new ShapeError(`${this.className}: this batch has other classes than those before`, {
      path: this.className,
      expected: expected!,
      received: received!,
      hint: 'Call reset() between networks',
    });
  }
}
