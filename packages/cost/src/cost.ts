import {
  CostError,
  DtypeError,
  noGrad,
  option,
  optionsOf,
  ShapeError,
  Variable,
  type Data,
  type Given,
  type Source,
  type SourceOf,
  type Storage,
  type VariableSource,
} from '@tessera-nn/core';
import {
  compound,
  inFrame,
  isList,
  isListOfSources,
  isPlainObject,
  noteState,
  readData,
  shapeOf,
  shapeText,
  shownValue,
  synchronous,
  variablesIn,
  type Memento,
} from '@tessera-nn/core/internal';
import { addError } from './error-sum.js';
import { readWeights } from './sample-weights.js';

const measureOptions = optionsOf('Cost.forward', {
  /** How much each sample counts, `[batch]`. Default: all alike. */
  sampleWeights: option.kind<CostInput>('numbers, one for each sample', isNumbers).optional,
});
/** How one batch is measured. */
export type MeasureOptions = Given<typeof measureOptions>;

/** What predictions and targets may be given as. */
export type CostInput = Variable | VariableSource;

/** A loss that was computed but not yet added to the errors. */
export interface Measurement {
  readonly loss: Variable;
  /** Computes the errors with it added; what this returns puts them in place, and needs no memory for that. */
  readonly record: () => () => void;
}

/** What a batch came to: what `forward` returns, and the mean that the errors take, which may be the same. */
export interface Outcome {
  readonly loss: Variable;
  readonly mean: Variable;
}

/** Errors that were added up, by one cost or by each of several. */
export type CostState = ErrorSums | readonly CostState[];

/** The errors of one cost: null stands for none, and for what is not finite. */
export interface ErrorSums {
  readonly last: number | null;
  readonly total: number | null;
  readonly samples: number;
}

/** Whether a cost takes a target as a flat host array, for each target where it takes several. */
export type HostTargets = boolean | readonly HostTargets[];

/** What measures outputs of a kind; its errors are a number, or a list of them where it measures several outputs. */
export interface AnyCost<Output extends Data = Variable, Errors = number> {
  /** Targets that Trainer and Validator bring as flat host arrays; the others come as Variables in their shape. */
  readonly hostTargets: HostTargets;
  /** The loss of a batch, and what adds it to the errors. */
  measure(prediction: Output | SourceOf<Output>, target: Source, options?: MeasureOptions): Measurement;
  /** The loss of a batch, which is added to the errors: of shape `[]` but where a cost is told to keep the single ones. */
  forward(prediction: Output | SourceOf<Output>, target: Source, options?: MeasureOptions): Variable;
  /** What is wrong with a batch, in the measure of validation. */
  validate(prediction: Output | SourceOf<Output>, target: Source): Promise<Errors>;
  /** The error of the last batch. */
  getError(): Promise<Errors>;
  /** The mean error since the accumulator was reset. */
  getMeanError(): Promise<Errors>;
  /** The errors added up so far, as numbers that JSON keeps. */
  stateDict(): Promise<CostState>;
  /** Goes on adding up where `stateDict` was taken. @throws CostError for what is not such a state; nothing is changed then. */
  loadStateDict(state: CostState): void;
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

  /** What a batch comes to. Default: the loss, for both. @throws CostError for weights, which a sum of samples takes alone. */
  protected outcome(prediction: Prediction, target: Target, weights: Variable | undefined): Outcome {
    if (weights) {
      throw new CostError(`${this.className} does not weigh samples`, {
        path: this.className,
        expected: 'no sampleWeights',
        hint: 'A MeanCost does, for it has a loss for each of them',
      });
    }
    const loss = this.loss(prediction, target);
    return { loss, mean: loss };
  }

  /** Refuses predictions that it cannot measure, whatever the target is. Default: none. */
  protected checkPrediction(_prediction: Prediction): void {}

  /** How many samples a batch has. Default: the length of the first axis. */
  protected batchSize(prediction: Prediction): number {
    return variablesIn(prediction)[0]!.shape[0]!;
  }

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
   * The loss of a batch, differentiable in the prediction: the mean, `[]`, or what the cost's `reduction` says.
   *
   * @throws ShapeError, DtypeError or CostError when prediction, target and weights do not fit, or are lists where it takes none.
   */
  forward(prediction: SourceOf<Prediction>, target: SourceOf<Target>, options: MeasureOptions = {}): Variable {
    const { loss, record } = this.measure(prediction, target, options);
    record()();
    return loss;
  }

  /** The same without adding it to the errors, which `record` then does: for costs that are made of several. */
  measure(prediction: SourceOf<Prediction>, target: SourceOf<Target>, options: MeasureOptions = {}): Measurement {
    const { sampleWeights } = measureOptions.read(options, this.className);
    const measured = () => {
      const given = this.#readPrediction(prediction, target);
      const size = this.batchSize(given);
      const weights = sampleWeights === undefined ? undefined : readWeights(sampleWeights, size, this.className);
      const { loss, mean } = this.outcome(given, this.readTarget(target, given), weights);
      return { loss: this.#inOneGo(loss), mean, size };
    };
    const { loss, mean, size } = inFrame(measured, ({ loss, mean }) => new Set([loss, mean]), { keepTape: true });
    return { loss, record: () => this.#record(loss, mean, size) };
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

  async stateDict(): Promise<ErrorSums> {
    const samples = this.#samples;
    const read = async (sum: Variable | undefined) => (sum ? await sum.item() : null);
    const [last, total] = await Promise.all([read(this.#last), read(this.#total)]);
    return { last, total, samples };
  }

  loadStateDict(state: CostState): void {
    const { last, total, samples } = state as Partial<ErrorSums>;
    const isSum = (value: unknown) => value === null || typeof value === 'number';
    if (!isSum(last) || !isSum(total) || !Number.isSafeInteger(samples) || samples! < 0) {
      throw new CostError(`${this.className} cannot go on from this state`, {
        path: this.className,
        expected: '{ last, total, samples }',
        received: shownValue(state),
        hint: 'Take what stateDict() of such a cost returned; nothing was changed',
      });
    }
    const sum = (value: number | null) =>
      value === null ? undefined : new Variable(Float32Array.of(value), { shape: [] }).keep();
    noteState(this, () => this.#memento());
    this.#become(sum(last), sum(total), samples!);
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
    for (const variable of variablesIn(given)) this.#checkNumbers(variable);
    this.checkPrediction(given as Prediction);
    return given as Prediction;
  }

  #checkNumbers({ dtype, rank, size, shape }: Variable): void {
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

  #record(loss: Variable, mean: Variable, samples: number): () => void {
    const [error, total] = noGrad(() => {
      const error = mean.detach();
      return [error, this.#total ? addError(this.#total, error, samples) : error.mul(samples)] as const;
    });
    return () => {
      noteState(this, () => this.#memento());
      this.#become(error.keep(), total.keep(), this.#samples + samples);
      if (mean !== loss) mean.dispose();
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

function isNumbers(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isPlainObject(value);
}
