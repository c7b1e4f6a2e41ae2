import {
  DataError,
  option,
  ShapeError,
  ValueError,
  type Data,
  type Dtype,
  type ShapeOf,
  type Shapes,
  type SourceOf,
  type Variable,
} from '@tessera-nn/core';
import { isPlainObject, shownValue } from '@tessera-nn/core/internal';
import type { MeasureOptions } from '@tessera-nn/cost';
import type { Batch, Dataset, Gathering } from '@tessera-nn/data';
import {
  branchOf,
  countOf,
  isTreeList,
  mapTree,
  readInputs,
  rowsOf,
  variablesOf,
  type HandlerInput,
  type HostArray,
  type HostValues,
  type Tree,
} from './host-arrays.js';

/** What goes into the network. */
export interface InputBatch<Input extends Data = Variable> {
  data: ShapeOf<Input, HostValues>;
  /** `[samples, ...]` */
  shape: ShapeOf<Input>;
  /** Without it int32 for whole numbers of 32 and 64 bits, else float32. */
  dtype?: ShapeOf<Input, Dtype>;
}

/** One batch of samples: of lists where the network takes a list, or returns one. */
export interface HostBatch<Input extends Data = Variable, Target extends Data = Variable> extends InputBatch<Input> {
  /** Class numbers, or values, one sample after the other. */
  target: ShapeOf<Target, HostValues>;
  /** `[samples, ...]`; without it there is a single target for each sample. */
  targetShape?: ShapeOf<Target>;
  /** How much each sample counts in the loss, where it is a cost that weighs samples. Default: all alike. */
  weights?: Float32Array | undefined;
  /** As `dtype`, of the targets. */
  targetDtype?: ShapeOf<Target, Dtype>;
}

/** Samples that handlers walk over by number, wherever they come from; of lists as their type says. */
export type Samples<Input extends Data = Variable, Target extends Data = Variable> = Gathering<
  HostBatch<Input, Target>
>;

/** Samples with class numbers: a Dataset, or one whose batches a function changes. */
export type LabelledSamples = Gathering<Batch>;

/** Samples of any network. */
export type AnySamples = Samples<Data, Data>;

/** Samples of any network, with or without targets. */
export type AnyInputs = Gathering<InputBatch<Data>>;

/** The option of what counts more, or less. */
export const sampleWeightsOption = {
  /** How much each sample counts in the loss, by its number. Default: as the Dataset says, else all alike. */
  sampleWeights: option.kind<ArrayLike<number>>('finite numbers from 0, one for each sample', areWeights).optional,
};

/**
 * Samples out of a Dataset, or out of data and targets whose first axis counts them; with weights that take the place of the
 * Dataset's own, where they are given.
 *
 * @throws ShapeError when data, targets and weights are not equally many; DataError when there are none; ValueError for options in
 *   place of targets, and targets beside a Dataset.
 */
export async function samplesOf(
  data: LabelledSamples | AnySamples | HandlerInput,
  target?: HandlerInput,
  weights?: ArrayLike<number>,
): Promise<AnySamples> {
  const samples = await unweighed(data, target);
  if (!weights) return samples;
  const { length } = samples;
  if (weights.length !== length) {
    throw new ShapeError('Samples and weights are not equally many', {
      expected: `${length} weights, as there are samples`,
      received: String(weights.length),
    });
  }
  const own = Float32Array.from(weights); // as they are now
  const gather = (indices: ArrayLike<number>) => ({
    ...samples.gather(indices),
    weights: Float32Array.from(indices, (i) => own[i]!),
  });
  return { ...samples, gather };
}

async function unweighed(
  data: LabelledSamples | AnySamples | HandlerInput,
  target?: HandlerInput,
): Promise<AnySamples> {
  refuseOptions(target);
  if (isGathering(data)) {
    if (target !== undefined) {
      throw new ValueError('There are targets beside a Dataset, which has its own', {
        expected: 'undefined in their place',
        received: shownValue(target),
      });
    }
    const { length, streams } = data;
    return {
      ...{ length, streams },
      gather: (indices) => {
        const batch = data.gather(indices);
        if (!('labels' in batch)) return batch;
        return { data: batch.data, shape: batch.shape, target: batch.labels, weights: batch.weights };
      },
    };
  }
  if (target === undefined) {
    throw new DataError('There are no targets to learn from', { hint: 'Pass train(data, target), or a Dataset' });
  }
  const [inputs, targets] = [await inputsOf(data), await readInputs(target)];
  if (inputs.length !== countOf(targets)) {
    throw new ShapeError('Data and targets are not equally many', {
      expected: `${inputs.length} targets, as there are samples`,
      received: String(countOf(targets)),
    });
  }
  return {
    length: inputs.length,
    gather: (indices) => {
      const rows = mapTree(targets, (array) => rowsOf(array, indices));
      const { data: target, shape: targetShape, dtype: targetDtype } = batchOf(rows);
      return { ...inputs.gather(indices), target, targetShape, targetDtype };
    },
  };
}

/** Samples without targets. @throws DataError when there are none. */
export async function inputsOf(data: LabelledSamples | AnyInputs | HandlerInput): Promise<AnyInputs> {
  const tree = isGathering(data) ? undefined : await readInputs(data);
  const length = tree ? countOf(tree) : (data as Dataset).length;
  if (length === 0) throw new DataError('There are no samples', { expected: 'at least one' });
  if (!tree) return data as AnyInputs;
  return {
    length,
    gather: (indices) => batchOf(mapTree(tree, (array) => rowsOf(array, indices))),
  };
}

/** The input of the network. */
export function inputOf<Input extends Data>({ data, shape, dtype }: InputBatch<Input>): SourceOf<Input> {
  return variablesOf(data, shape, dtype) as unknown as SourceOf<Input>;
}

/** Targets as a cost takes them: flat arrays where it asks for that, else Variables. */
export function targetsOf(
  { target, targetShape, targetDtype }: HostBatch<Data, Data>,
  onHost: Tree<boolean>,
): Tree<HostValues | Variable> {
  const read = (
    values: Tree<HostValues>,
    host: Tree<boolean>,
    shape?: Shapes,
    dtype?: Tree<Dtype>,
  ): Tree<HostValues | Variable> => {
    if (!isTreeList(values)) return host === true ? values : variablesOf(values, shape, dtype);
    return values.map((part, i) =>
      read(part, branchOf(host, i) ?? false, shape?.[i] as Shapes | undefined, branchOf(dtype, i)),
    );
  };
  return read(target, onHost, targetShape, targetDtype);
}

/** How a cost measures a batch. */
export function measureOptionsOf({ weights }: HostBatch<Data, Data>): MeasureOptions {
  return weights ? { sampleWeights: weights } : {};
}

function batchOf(rows: Tree<HostArray>): Required<InputBatch<Data>> {
  return {
    data: mapTree(rows, ({ values }) => values),
    shape: mapTree(rows, ({ shape }) => shape),
    dtype: mapTree(rows, ({ dtype }) => dtype),
  };
}

/** Where targets belong. */
function refuseOptions(target: HandlerInput | undefined): void {
  if (!isPlainObject(target) || 'data' in target) return;
  throw new ValueError('There are options where the targets belong', {
    expected: 'them behind the targets: train(data, target, options), or train(dataset, undefined, options)',
    received: `{ ${Object.keys(target).join(', ')} }`,
  });
}

function areWeights(value: unknown): boolean {
  const isWeight = (weight: unknown) => Number.isFinite(weight) && (weight as number) >= 0;
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && 'length' in value)) return false;
  return Array.from(value as ArrayLike<unknown>).every(isWeight);
}

export function isGathering<Given extends LabelledSamples | AnyInputs>(data: Given | HandlerInput): data is Given {
  return (
    typeof data === 'object' && (data as unknown) !== null && 'gather' in data && typeof data.gather === 'function'
  );
}
