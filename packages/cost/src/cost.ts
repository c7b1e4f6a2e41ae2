import {
  CostError,
  DtypeError,
  noGrad,
  ShapeError,
  Variable,
  type Data,
  type Source,
  type SourceOf,
  type Storage,
  type VariableSource,
} from '@tessera-nn/core';
import {
  compound,
  isList,
  isListOfSources,
  noteState,
  readData,
  shapeOf,
  shapeText,
  synchronous,
  variablesIn,
  type Memento,
} from '@tessera-nn/core/internal';
import { addError } from './error-sum.js';

/** What predictions and targets may be given as. */
export type CostInput = Variable | VariableSource;

/** A loss that was computed but not yet added to the errors. */
export interface Measurement {
  readonly loss: Variable;
  /** Computes the errors with it added; what this returns puts them in place, and needs no memory for that. */
  readonly record: () => () => void;
}

/** Whether a cost takes a target as a flat host array, for each target where it takes several. */
export type HostTargets = boolean | readonly HostTargets[];

/** What measures outputs of a kind; its errors are a number, or a list of them where it measures several outputs. */
export interface AnyCost<Output extends Data = Variable, Errors = number> {
  /** Targets that Trainer and Validator bring as flat host arrays; the others come as Variables in their shape. */
  readonly hostTargets: HostTargets;
  /** The loss of a batch, and what adds it to the errors. */
  measure(prediction: Output | SourceOf<Output>, target: Source): Measurement;
  /** The loss of a batch, `[]`, which is added to the errors. */
  forward(prediction: Output | SourceOf<Output>, target: Source): Variable;
  /** What is wrong with a batch, in the measure of validation. */
  validate(prediction: Output | SourceOf<Output>, target: Source): Promise<Errors>;
  /** The error of the last batch. */
  getError(): Promise<Errors>;
  /** The mean error since the accumulator was reset. */
  getMeanError(): Promise<Errors>;
  /** Forgets the errors added up so far. */
  resetAccumulator(): this;
  /** Frees what it holds on the device. */
  dispose(): void;
}

/**
 * Measures how far predictions are from targets.
 *
 * `forward` returns the loss as a Variable of one element, to call `backward()` on. Errors add up on the device and are
 * read only when asked for: `getError` is the last batch's mean, `getMeanError` the mean over all samples since
 * `resetAccumulator`. (PuzzleLib's costs return descent directions; here gradients are dLoss/dprediction.)
 *
 * A cost of lists says so, also in `takes`: `Cost<readonly Variable[], Variable>` compares several outputs with one target.
 */
export abstract class Cost<
  Prediction extends Data = Variable,
  Target extends Data = Variable,
> implements AnyCost<Prediction> {
  /** The name in messages. */
  static readonly className: string = 'Cost';

  #last: Variable | undefined;
  #total: Variable | undefined;
  #samples = 0;

  get className(): string {
    return (this.constructor as typeof Cost).className;
  }

  /** Whether it takes host arrays as targets, to check their values. Default false: they come as Variables. */
  get hostTargets(): boolean {
    return false;
  }

  /** Whether predictions and targets are single Variables, or whatever comes. A cost of lists overrides it. */
  get takes(): 'variable' | 'any' {
    return 'variable';
  }

  /** The loss, from predictions and targets that fit each other. */
  protected abstract loss(prediction: Prediction, target: Target): Variable;

  /** The error that `validate` reports, such as a share of wrong answers. Default: the loss. */
  protected validationError(prediction: Prediction, target: Target): Variable {
    return this.loss(prediction, target);
  }

  /**
   * Brings targets into a Variable, or a list, checking what can be checked without waiting for the device. Default: of
   * the prediction's shape, which a flat typed array takes.
   *
   * @throws ShapeError when the shapes differ.
   */
  protected readTarget(target: SourceOf<Target>, prediction: Prediction): Target {
    const given =
      prediction instanceof Variable && ArrayBuffer.isView(target)
        ? new Variable(target, { shape: prediction.shape, dtype: 'float32' })
        : readData(target);
    const [expected, received] = [prediction, given].map((data) => shapeText(shapeOf(data)));
    if (expected === received) return given as Target;
    throw new ShapeError(`${this.className}: targets and predictions have different shapes`, {
      path: this.className,
      expected: `${expected!}, as predicted`,
      received: received!,
    });
  }

  /**
   * The mean loss of a batch, `[]`, differentiable in the prediction.
   *
   * @throws ShapeError, DtypeError or CostError when prediction and target do not fit, or are lists where it takes none.
   */
  forward(prediction: SourceOf<Prediction>, target: SourceOf<Target>): Variable {
    const { loss, record } = this.measure(prediction, target);
    record()();
    return loss;
  }

  /** The same without adding it to the errors, which `record` then does: for costs that are made of several. */
  measure(prediction: SourceOf<Prediction>, target: SourceOf<Target>): Measurement {
    const batch = { size: 0 };
    const loss = compound(() => {
      const given = this.#readPrediction(prediction, target);
      batch.size = variablesIn(given)[0]!.shape[0]!;
      return this.#inOneGo(this.loss(given, this.readTarget(target, given)));
    });
    return { loss, record: () => this.#record(loss, batch.size) };
  }

  /** The error of a batch, without recording or adding it up. */
  async validate(prediction: SourceOf<Prediction>, target: SourceOf<Target>): Promise<number> {
    const error = noGrad(() =>
      compound(() => {
        const given = this.#readPrediction(prediction, target);
        return this.#inOneGo(this.validationError(given, this.readTarget(target, given)));
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

  /** Forgets the errors added up so far; a new mean begins. */
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

  #inOneGo(error: Variable): Variable {
    return synchronous(error, `${this.className} is asynchronous`, {
      kind: CostError,
      path: this.className,
      hint: 'A loss is computed in one go: await nothing in it',
    });
  }

  #readPrediction(prediction: SourceOf<Prediction>, target: SourceOf<Target>): Prediction {
    const given = readData(prediction);
    const list = isList(given) ? 'prediction' : isListOfSources(target) ? 'target' : undefined;
    if (list && this.takes === 'variable') {
      throw new CostError(`${this.className}: the ${list} is a list`, {
        path: this.className,
        expected: 'a single Variable, tensor or array',
        received: `a list of ${((isList(given) ? given : target) as readonly unknown[]).length}`,
        hint: 'Multi has a cost for each of several outputs, FunctionCost one function of all',
      });
    }
    for (const variable of variablesIn(given)) this.#checkPrediction(variable);
    return given as Prediction;
  }

  #checkPrediction({ dtype, rank, size, shape }: Variable): void {
    if (dtype !== 'float32') {
      throw new DtypeError(`${this.className}: predictions have the wrong number type`, {
        path: this.className,
        expected: 'float32',
        received: dtype,
      });
    }
    if (rank === 0 || size === 0) {
      throw new ShapeError(`${this.className}: the batch is empty`, {
        path: this.className,
        expected: '[batch, ...] with at least one sample',
        received: shapeText(shape),
        hint: 'Leave empty batches out',
      });
    }
  }

  #record(loss: Variable, samples: number): () => void {
    const [error, total] = noGrad(() => {
      const error = loss.detach();
      return [error, this.#total ? addError(this.#total, error, samples) : error.mul(samples)] as const;
    });
    return () => {
      noteState(this, () => this.#memento());
      this.#become(error.keep(), total.keep(), this.#samples + samples);
    };
  }

  /** The errors as they are now. */
  #memento(): Memento {
    const [last, total] = [this.#last?.storage.retain(), this.#total?.storage.retain()];
    const samples = this.#samples;
    const shown = (storage: Storage | undefined) => storage && new Variable(storage).keep();
    return {
      restore: () => this.#become(shown(last), shown(total), samples),
      release: () => [last, total].forEach((storage) => storage?.release()),
    };
  }

  #become(last: Variable | undefined, total: Variable | undefined, samples: number): void {
    this.#last?.dispose();
    this.#total?.dispose();
    this.#last = last;
    this.#total = total;
    this.#samples = samples;
  }

  #noErrorYet(): CostError {
    return new CostError(`${this.className} has measured nothing yet`, {
      path: this.className,
      hint: 'Call forward() first',
    });
  }
}
