import {
  DataError,
  option,
  optionsOf,
  randomStream,
  ShapeError,
  ValueError,
  type Given,
  type NestedNumbers,
  type NumberArray,
  type RandomStream,
  type TypedNumbers,
} from '@tessera-nn/core';
import { inspectSymbol, readHostData, shapeText, sizeOf } from '@tessera-nn/core/internal';
import type { Batch, Dataset } from './dataset.js';

const isArray = (value: unknown): boolean => Array.isArray(value) || ArrayBuffer.isView(value);

const arrayDatasetOptions = optionsOf('ArrayDataset', {
  /** All samples, one after another; or nested arrays, whose shape is then read off. */
  data: option.kind<TypedNumbers | readonly NestedNumbers[]>('a typed array, or nested arrays', isArray),
  /** `[count, ...sampleShape]`, such as `[count, maps, height, width]`; needed for a typed array. */
  shape: option.kind<readonly number[]>('a list of numbers', Array.isArray).optional,
  /** One whole number per sample. */
  labels: option.kind<NumberArray>('an array of whole numbers', isArray),
  /** How much each sample counts in the loss of training and validation. Default: all alike. */
  weights: option.kind<ArrayLike<number>>('an array of numbers', isArray).optional,
  /** Look through all values for NaN and infinities; default true. */
  checkFinite: option.flag.or(true),
});
/** What an {@link ArrayDataset} is made of. */
export type ArrayDatasetOptions = Given<typeof arrayDatasetOptions>;

const splitOptions = optionsOf('ArrayDataset.split', {
  stream: option.objectWith<RandomStream>('a random stream', 'permutation'),
});

/**
 * A dataset held in host memory.
 *
 * A Float32Array and an Int32Array are kept, not copied; `slice` shares their memory, `split` and `gather` copy.
 *
 * ```ts
 * const points = new ArrayDataset({ data: [[0, 0], [0, 1], [1, 0], [1, 1]], labels: [0, 1, 1, 0] });
 * points.gather([3, 0]).data; // 1 1 0 0
 * ```
 *
 * @throws ValueError for options that are none; ShapeError when data, shape, labels and weights disagree; DataError when there are no samples,
 * when a value is NaN or infinite, when a label is not a whole number, or a weight not a finite number from 0.
 */
export class ArrayDataset implements Dataset {
  readonly data: Float32Array;
  readonly labels: Int32Array;
  /** Undefined where all samples count alike. */
  readonly weights: Float32Array | undefined;
  /** `[count, ...sampleShape]`. */
  readonly shape: readonly number[];
  readonly sampleShape: readonly number[];
  readonly length: number;
  readonly #sampleSize: number;

  constructor(options: ArrayDatasetOptions) {
    const { data, shape, labels, weights, checkFinite } = arrayDatasetOptions.read(options);
    const nested = data instanceof Float32Array ? undefined : readNested(data);
    this.data = nested?.values ?? (data as Float32Array);
    this.shape = checkShape(shape ?? (ArrayBuffer.isView(data) ? undefined : nested!.shape), this.data.length);
    this.length = this.shape[0]!;
    this.sampleShape = this.shape.slice(1);
    this.#sampleSize = this.data.length / this.length;
    if (labels.length !== this.length) {
      throw new ShapeError(`A dataset of shape ${shapeText(this.shape)} needs one label per sample`, {
        expected: `${this.length} labels`,
        received: String(labels.length),
      });
    }
    this.labels = labels instanceof Int32Array ? labels : checkLabels(labels);
    this.weights = weights && checkWeights(weights, this.length);
    if (checkFinite) this.#refuseNonFinite();
  }

  /**
   * Copies samples by number into a new batch of shape `[indices.length, ...sampleShape]`; a number may come twice.
   *
   * @throws ValueError for a number that no sample has; DataError for no numbers at all.
   */
  gather(indices: ArrayLike<number>): Batch {
    const count = indices.length;
    if (count === 0) throw new DataError('A batch cannot be empty', { expected: 'at least one sample number' });
    const size = this.#sampleSize;
    const batch = {
      data: new Float32Array(count * size),
      labels: new Int32Array(count),
      indices: new Uint32Array(count),
      ...(this.weights && { weights: new Float32Array(count) }),
    };
    for (let i = 0; i < count; i++) {
      const index = indices[i]!;
      if (!Number.isInteger(index) || index < 0 || index >= this.length) {
        throw new ValueError(`indices[${i}] names no sample of the dataset`, {
          expected: `a whole number from 0 to ${this.length - 1}`,
          received: String(index),
        });
      }
      batch.data.set(this.data.subarray(index * size, (index + 1) * size), i * size);
      batch.labels[i] = this.labels[index]!;
      batch.indices[i] = index;
      if (batch.weights) batch.weights[i] = this.weights![index]!;
    }
    return { ...batch, shape: [count, ...this.sampleShape] };
  }

  /**
   * The samples `from` to `to - 1` as a dataset of their own that shares this one's memory; `to` defaults to the end.
   *
   * @throws ValueError when the bounds are not whole numbers within the dataset or leave no sample.
   */
  slice(from: number, to: number = this.length): ArrayDataset {
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > this.length || from >= to) {
      throw new ValueError('These bounds cut no samples out of the dataset', {
        expected: `whole numbers with 0 <= from < to <= ${this.length}`,
        received: `from ${from} to ${to}`,
      });
    }
    return new ArrayDataset({
      data: this.data.subarray(from * this.#sampleSize, to * this.#sampleSize),
      shape: [to - from, ...this.sampleShape],
      labels: this.labels.subarray(from, to),
      weights: this.weights?.subarray(from, to),
      checkFinite: false,
    });
  }

  /**
   * Deals the samples at random into two datasets: the first gets `fraction` of them, rounded, the second the rest.
   *
   * `stream` defaults to the shared random stream, so `seed(n)` makes the division repeatable.
   *
   * @throws ValueError when the fraction is not between 0 and 1 or leaves one side empty.
   */
  split(fraction: number, stream: RandomStream = randomStream()): [ArrayDataset, ArrayDataset] {
    const first = Math.round(this.length * fraction);
    if (!(fraction > 0 && fraction < 1) || first === 0 || first === this.length) {
      throw new ValueError(`A dataset of ${this.length} cannot be split at this fraction`, {
        expected: 'a fraction between 0 and 1 that leaves samples on both sides',
        received: String(fraction),
      });
    }
    const order = splitOptions.check('stream', stream).permutation(this.length);
    return [this.#copyOf(order.subarray(0, first)), this.#copyOf(order.subarray(first))];
  }

  toString(): string {
    return `ArrayDataset(${this.length} samples of ${shapeText(this.sampleShape)})`;
  }

  /** What Node's console shows. */
  [inspectSymbol](): string {
    return this.toString();
  }

  #copyOf(indices: Uint32Array): ArrayDataset {
    const { data, shape, labels, weights } = this.gather(indices);
    return new ArrayDataset({ data, shape, labels, weights, checkFinite: false });
  }

  #refuseNonFinite(): void {
    const at = this.data.findIndex((value) => !Number.isFinite(value));
    if (at < 0) return;
    const sample = Math.floor(at / this.#sampleSize);
    throw new DataError(`Sample ${sample} of the dataset holds a value that is not finite`, {
      expected: 'finite numbers',
      received: `${this.data[at]} as value ${at % this.#sampleSize} of the sample`,
      hint: 'Mend or drop the sample, or pass checkFinite: false to keep it',
    });
  }
}

function readNested(data: TypedNumbers | readonly NestedNumbers[]): { values: Float32Array; shape: readonly number[] } {
  const { values, shape } = readHostData(data, undefined, 'float32');
  return { values: values as Float32Array, shape };
}

function checkShape(shape: readonly number[] | undefined, values: number): readonly number[] {
  if (shape === undefined) {
    throw new ShapeError('Data in a typed array needs its shape', {
      expected: 'shape: [count, maps, height, width]',
      received: `${values} values without one`,
    });
  }
  const text = shapeText(shape);
  if (shape[0] === 0) {
    throw new DataError('A dataset cannot be empty', { expected: 'at least one sample', received: `shape ${text}` });
  }
  if (shape.length === 0 || !shape.every((length) => Number.isInteger(length) && length > 0)) {
    throw new ShapeError('A dataset needs a shape of positive whole numbers, the sample count first', {
      received: text,
    });
  }
  const wanted = sizeOf(shape);
  if (wanted !== values) {
    throw new ShapeError(`The data does not fill the shape ${text}`, {
      expected: `${wanted} values`,
      received: String(values),
    });
  }
  return [...shape];
}

function checkLabels(labels: Exclude<NumberArray, Int32Array>): Int32Array {
  const numbers = Array.from<number | bigint>(labels as number[]);
  const wrong = numbers.findIndex((label) => Number(label) !== (Number(label) | 0));
  if (wrong >= 0) {
    throw new DataError(`The label of sample ${wrong} is not a class number`, {
      expected: 'whole numbers',
      received: String(numbers[wrong]),
    });
  }
  return Int32Array.from(numbers, Number);
}

function checkWeights(weights: ArrayLike<number>, count: number): Float32Array {
  if (weights.length !== count) {
    throw new ShapeError('A dataset with weights needs one per sample', {
      expected: `${count} weights`,
      received: String(weights.length),
    });
  }
  const wrong = Array.from(weights).findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (wrong < 0) return weights instanceof Float32Array ? weights : Float32Array.from(weights);
  throw new DataError(`The weight of sample ${wrong} cannot be`, {
    expected: 'a finite number from 0',
    received: String(weights[wrong]),
  });
}
