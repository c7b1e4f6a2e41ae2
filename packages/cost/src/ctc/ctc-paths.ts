import { CostError, ShapeError, Variable, type Source } from '@tessera-nn/core';
import { readHostData, shapeText, shownValue } from '@tessera-nn/core/internal';

/** What targets must fit. */
interface Sizes {
  readonly batch: number;
  readonly classes: number;
  readonly time: number;
  readonly blank: number;
}

/** The labels of each sample, and how long its input is. */
export interface CtcTarget {
  readonly labels: readonly (readonly number[])[];
  readonly lengths: readonly number[];
}

/** What fills rows of labels up that are shorter than others. */
const FILLER = -1;

/** @throws as CTC says. */
export function readCtcTarget(target: Source, sizes: Sizes): CtcTarget {
  const { batch, time } = sizes;
  const isPair = Array.isArray(target) && target.length === 2 && target.every((part) => !Array.isArray(part));
  const [given, givenLengths] = (isPair ? target : [target]) as readonly Source[];
  const rows = numbersOf(given!, batch);
  const lengths =
    givenLengths === undefined ? new Array<number>(batch).fill(time) : numbersOf(givenLengths, batch).flat();
  const wrong = lengths.find((length) => !(Number.isInteger(length) && length >= 1 && length <= time));
  if (lengths.length !== batch || wrong !== undefined) {
    throw new CostError('CTC: these are not the lengths of the inputs', {
      path: 'CTC',
      expected: `${batch} whole numbers from 1 to ${time}`,
      received: lengths.join(', '),
    });
  }
  return { labels: rows.map((row, sample) => labelsOf(row, sample, sizes)), lengths };
}

function labelsOf(row: readonly number[], sample: number, { classes, blank }: Sizes): readonly number[] {
  const end = row.indexOf(FILLER);
  const labels = end < 0 ? row : row.slice(0, end);
  const isLabel = (label: number) => Number.isInteger(label) && label >= 0 && label < classes && label !== blank;
  const wrong = labels.find((label) => !isLabel(label)) ?? row.slice(labels.length).find((rest) => rest !== FILLER);
  if (wrong === undefined) return labels;
  throw new CostError(`CTC: the labels of sample ${sample} cannot be`, {
    path: 'CTC',
    expected: `whole numbers from 0 to ${classes - 1} other than the blank ${blank}, then nothing but ${FILLER}`,
    received: row.join(', '),
  });
}

/** Numbers in as many rows as there are samples. */
function numbersOf(given: Source, batch: number): readonly number[][] {
  if (given instanceof Variable || (typeof given === 'object' && 'dataId' in given)) {
    throw new CostError('CTC reads its targets on the host', {
      path: 'CTC',
      expected: 'arrays',
      received: shownValue(given),
      hint: 'The paths that spell them are laid out before the device begins',
    });
  }
  const flat = ArrayBuffer.isView(given) && 'length' in given;
  const shape = flat ? [batch, given.length / batch] : undefined;
  const whole = shape && !Number.isInteger(shape[1]) ? undefined : readHostData(given as never, shape);
  if (whole?.shape[0] !== batch || whole.shape.length > 2) {
    throw new ShapeError('CTC: there is not one row of labels for each sample', {
      path: 'CTC',
      expected: `[${batch}, most]`,
      received: whole ? shapeText(whole.shape) : `${(given as unknown as ArrayLike<number>).length} numbers`,
    });
  }
  const width = whole.values.length / batch;
  return Array.from({ length: batch }, (_, i) => [...whole.values.subarray(i * width, (i + 1) * width)]);
}

/**
 * All that the sum over paths asks of labels, a place for each label and a blank before, between and behind them: the class
 * of each place `[batch, places, classes]`, where a path may start, where it may leave a blank out, where it may end, each
 * `[batch, places]`, and which times there are, `[batch, time]`; 1 for yes.
 */
export function pathsOf({ labels, lengths }: CtcTarget, { classes, time, blank }: Omit<Sizes, 'batch'>): Variable[] {
  const batch = labels.length;
  const places = 2 * Math.max(...labels.map(({ length }) => length)) + 1;
  const grid = (width: number, is: (sample: number, place: number) => boolean) =>
    new Variable(
      Float32Array.from({ length: batch * width }, (_, i) => Number(is(Math.floor(i / width), i % width))),
      { shape: [batch, width] },
    );
  const classAt = (sample: number, place: number) =>
    (place % 2 === 1 ? labels[sample]![place >> 1] : undefined) ?? blank;
  const ends = (sample: number, place: number) => {
    const last = 2 * labels[sample]!.length;
    return place === last || place === last - 1;
  };
  const maySkip = (sample: number, place: number) =>
    place > 1 && classAt(sample, place) !== blank && classAt(sample, place) !== classAt(sample, place - 2);
  const ofPlace = grid(places * classes, (sample, i) => classAt(sample, Math.floor(i / classes)) === i % classes);
  return [
    ofPlace.reshape([batch, places, classes]),
    grid(places, (_, place) => place < 2),
    grid(places, maySkip),
    grid(places, ends),
    grid(time, (sample, t) => t < lengths[sample]!),
  ];
}
