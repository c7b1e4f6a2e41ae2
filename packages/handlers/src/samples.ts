import {
  DataError,
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
import type { Dataset, Gathering } from '@tessera-nn/data';
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
  /** As `dtype`, of the targets. */
  targetDtype?: ShapeOf<Target, Dtype>;
}

/** Samples that handlers walk over by number, wherever they come from; of lists as their type says. */
export type Samples<Input extends Data = Variable, Target extends Data = Variable> = Gathering<
  HostBatch<Input, Target>
>;

/** Samples of any network. */
export type AnySamples = Samples<Data, Data>;

/** Samples of any network, with or without targets. */
export type AnyInputs = Gathering<InputBatch<Data>>;

/**
 * Samples out of a Dataset, or out of data and targets whose first axis counts them.
 *
 * @throws ShapeError when data and targets are not equally many; DataError when there are none; ValueError for options in
 *   place of targets, and targets beside a Dataset.
 */
export async function samplesOf(data: Dataset | AnySamples | HandlerInput, target?: HandlerInput): Promise<AnySamples> {
  refuseOptions(target);
  if (isGathering(data)) {
    if (target !== undefined) {
      throw new ValueError('There are targets beside a Dataset, which has its own', {
        expected: 'undefined in their place',
        received: shownValue(target),
      });
    }
    return {
      length: data.length,
      gather: (indices) => {
        const batch = data.gather(indices);
        return 'labels' in batch ? { data: batch.data, shape: batch.shape, target: batch.labels } : batch;
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
export async function inputsOf(data: Dataset | AnyInputs | HandlerInput): Promise<AnyInputs> {
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

function isGathering<Given extends Dataset | AnyInputs>(data: Given | HandlerInput): data is Given {
  return (
    typeof data === 'object' && (data as unknown) !== null && 'gather' in data && typeof data.gather === 'function'
  );
}
