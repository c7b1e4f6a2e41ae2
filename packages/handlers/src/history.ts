import { option, optionsOf, ValueError, type Given } from '@tessera-nn/core';
import { checkNumbers, shownValue } from '@tessera-nn/core/internal';
import { eventFile, type Scalar } from './tensorboard/event-file.js';

const tensorBoardOptions = optionsOf('toTensorBoard', {
  /** When the run was, in seconds since 1970. Default: now. */
  wallTime: option.number.optional,
});
export type TensorBoardOptions = Given<typeof tensorBoardOptions>;

const MILLISECONDS = 1000;

/** What an epoch came to. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** The mean loss of its steps, by samples. */
  readonly loss: number;
  /** The learning rate at its end. */
  readonly rate: number;
  /** Samples that it learned from. */
  readonly samples: number;
  /** The mean loss on the data of validation, where there are some. */
  readonly validationLoss?: number;
  /** What the cost's `validate` says of them: a number, or a list where there are several outputs. */
  readonly validationError?: number | readonly number[];
  /** What the metrics came to in validation, by their names; in files JSON keeps them, with null for what is not finite. */
  readonly metrics?: Readonly<Record<string, unknown>>;
}

/**
 * How a run went: the loss of every step, and a record of every epoch.
 *
 * @throws ValueError for losses that are not numbers, or epochs that are not records.
 */
export class History {
  /** The losses of all steps that were made, in their order. */
  readonly losses: number[];
  readonly epochs: EpochRecord[];

  constructor(losses: readonly number[] = [], epochs: readonly EpochRecord[] = []) {
    checkNumbers(losses, 'History', 'the losses of steps first');
    checkRecords(epochs);
    this.losses = [...losses];
    this.epochs = [...epochs];
  }

  /** The epochs as a table: a line of names, then a line for each; metrics come last, and lists are parted by spaces. */
  toCsv(): string {
    const names = ['epoch', 'loss', 'rate', 'samples', 'validationLoss', 'validationError'] as const;
    const metricNames = [...new Set(this.epochs.flatMap(({ metrics = {} }) => Object.keys(metrics)))];
    const shown = (value: unknown) => (typeof value === 'number' ? String(value) : JSON.stringify(value));
    const cell = (value: unknown) => (value === undefined ? [] : [value]).flat(Infinity).map(shown).join(' ');
    const rows = this.epochs.map((record) =>
      [...names.map((name) => record[name]), ...metricNames.map((name) => record.metrics?.[name])].map(cell).join(','),
    );
    return [[...names, ...metricNames].join(','), ...rows, ''].join('\n');
  }

  /** The epochs as one line of JSON each. */
  toJsonLines(): string {
    return this.epochs.map((record) => `${JSON.stringify(record)}\n`).join('');
  }

  /**
   * The bytes of a file that TensorBoard reads, from a folder of its own and under a name with `tfevents` in it: `loss/steps`
   * over steps; `loss/epochs`, `rate`, `validation/loss` and `validation/error` over epochs. Source: TensorFlow's event files.
   *
   * @example
   * const history = new History([2, 1], [{ epoch: 1, loss: 1.5, rate: 0.1, samples: 64 }]);
   * const file = history.toTensorBoard(); // await writeBytes('runs/first/events.tfevents', file)
   */
  toTensorBoard(given: TensorBoardOptions = {}): Uint8Array {
    const { wallTime = Date.now() / MILLISECONDS } = tensorBoardOptions.read(given);
    return eventFile(scalarsOf(this), wallTime);
  }
}

function checkRecords(value: unknown): void {
  const isRecord = (one: unknown) => typeof (one as Partial<EpochRecord> | null | undefined)?.epoch === 'number';
  if (Array.isArray(value) && value.every(isRecord)) return;
  throw new ValueError('History takes the records of epochs behind the losses', {
    path: 'History',
    expected: 'a list of { epoch, loss, ... }',
    received: shownValue(value),
  });
}

function* scalarsOf({ losses, epochs }: History): Generator<Scalar> {
  for (const [i, value] of losses.entries()) yield { tag: 'loss/steps', step: i + 1, value };
  for (const { epoch: step, loss, rate, validationLoss, validationError } of epochs) {
    yield { tag: 'loss/epochs', step, value: loss };
    yield { tag: 'rate', step, value: rate };
    if (validationLoss !== undefined) yield { tag: 'validation/loss', step, value: validationLoss };
    if (typeof validationError === 'number') yield { tag: 'validation/error', step, value: validationError };
    else
      for (const [i, value] of (validationError ?? []).entries()) yield { tag: `validation/error_${i}`, step, value };
  }
}
