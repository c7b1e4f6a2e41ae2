import { compound, CostError, DtypeError, noGrad, ShapeError, Variable, type VariableSource } from '@tessera/core';

/** What predictions and targets may be given as. */
export type CostInput = Variable | VariableSource;

/**
 * Measures how far predictions are from targets.
 *
 * `forward` gives the loss as a Variable of one element, to call `backward()` on. Errors add up on the device and are
 * read only when asked for: `getError` is the last batch's mean, `getMeanError` the mean over all samples since
 * `resetAccumulator`. (PuzzleLib's costs return descent directions; here gradients are dLoss/dprediction.)
 */
export abstract class Cost {
  /** The name in messages. */
  static readonly className: string = 'Cost';

  #last: Variable | undefined;
  #total: Variable | undefined;
  #samples = 0;

  get className(): string {
    return (this.constructor as typeof Cost).className;
  }

  /** The loss, from predictions and targets that fit each other. */
  protected abstract loss(prediction: Variable, target: Variable): Variable;

  /** The error that `validate` reports, such as a share of wrong answers. */
  protected abstract validationError(prediction: Variable, target: Variable): Variable;

  /** Brings targets into a Variable, checking what can be checked without waiting for the device. */
  protected abstract readTarget(target: CostInput, prediction: Variable): Variable;

  /**
   * The mean loss of a batch, `[]`, differentiable in the prediction.
   *
   * @throws ShapeError, DtypeError or CostError when prediction and target do not fit.
   */
  forward(prediction: CostInput, target: CostInput): Variable {
    const batch = { size: 0 };
    const loss = compound(() => {
      const given = this.#readPrediction(prediction);
      batch.size = given.shape[0]!;
      return this.loss(given, this.readTarget(target, given));
    });
    this.#record(loss, batch.size);
    return loss;
  }

  /** The error of a batch, without recording or adding it up. */
  async validate(prediction: CostInput, target: CostInput): Promise<number> {
    const error = noGrad(() =>
      compound(() => {
        const given = this.#readPrediction(prediction);
        return this.validationError(given, this.readTarget(target, given));
      }),
    );
    try {
      return await error.item();
    } finally {
      error.dispose();
    }
  }

  /** The mean error of the last batch. @throws CostError before the first. */
  async getError(): Promise<number> {
    if (!this.#last) throw this.#noErrorYet();
    return this.#last.item();
  }

  /** The mean error over all samples since `resetAccumulator`. @throws CostError before the first. */
  async getMeanError(): Promise<number> {
    if (!this.#total || this.#samples === 0) throw this.#noErrorYet();
    const samples = this.#samples;
    return (await this.#total.item()) / samples;
  }

  /** Samples added up since `resetAccumulator`. */
  get numOfSamples(): number {
    return this.#samples;
  }

  resetAccumulator(): this {
    this.#total?.dispose();
    this.#total = undefined;
    this.#samples = 0;
    return this;
  }

  /** Frees what it holds on the device. */
  dispose(): void {
    this.resetAccumulator();
    this.#last?.dispose();
    this.#last = undefined;
  }

  #readPrediction(prediction: CostInput): Variable {
    const given = prediction instanceof Variable ? prediction : new Variable(prediction);
    if (given.dtype !== 'float32') {
      throw new DtypeError(`${this.className}: predictions have the wrong number type`, {
        path: this.className,
        expected: 'float32',
        received: given.dtype,
      });
    }
    if (given.rank === 0 || given.size === 0) {
      throw new ShapeError(`${this.className}: the batch is empty`, {
        path: this.className,
        expected: '[batch, ...] with at least one sample',
        received: `[${given.shape.join(', ')}]`,
        hint: 'Leave empty batches out',
      });
    }
    return given;
  }

  #record(loss: Variable, samples: number): void {
    noGrad(() => {
      const error = loss.detach().keep();
      this.#last?.dispose();
      this.#last = error;
      const total = compound(() => {
        const part = error.mul(samples);
        return this.#total ? this.#total.add(part) : part;
      }).keep();
      this.#total?.dispose();
      this.#total = total;
      this.#samples += samples;
    });
  }

  #noErrorYet(): CostError {
    return new CostError(`${this.className} has measured nothing yet`, {
      path: this.className,
      hint: 'Call forward() first',
    });
  }
}
