import { DataError, readHostData, ShapeError, Variable, type VariableSource } from '@tessera/core';
import type { Dataset } from '@tessera/data';

/** One batch on its way into the network. */
export interface HostBatch {
  data: Float32Array;
  /** `[samples, ...]` */
  shape: readonly number[];
  /** Class numbers, or values, one sample after the other. They stay on the host: costs check labels there. */
  target: Int32Array | Float32Array;
}

/** Samples that handlers walk over, by number. */
export interface Samples {
  readonly length: number;
  gather(indices: ArrayLike<number>): HostBatch;
}

/** What handlers take as data or targets: host arrays, or Variables, which are read once. */
export type HandlerInput = Variable | VariableSource;

/**
 * Samples out of a Dataset, or out of data and targets whose first axis counts them.
 *
 * @throws ShapeError when data and targets are not equally many; DataError when there are none.
 */
export async function samplesOf(data: Dataset | HandlerInput, target?: HandlerInput): Promise<Samples> {
  if (isDataset(data)) {
    return {
      length: data.length,
      gather: (indices) => {
        const { labels, ...batch } = data.gather(indices);
        return { ...batch, target: labels };
      },
    };
  }
  if (target === undefined) {
    throw new DataError('There are no targets to learn from', { hint: 'Pass train(data, target), or a Dataset' });
  }
  const [x, y] = [await toHost(data), await toHost(target)];
  const length = x.shape[0] ?? 0;
  if (length !== (y.shape[0] ?? 0)) {
    throw new ShapeError('Data and targets are not equally many', {
      expected: `${length} targets, as there are samples`,
      received: String(y.shape[0] ?? 0),
    });
  }
  if (length === 0) throw new DataError('There are no samples', { expected: 'at least one' });
  return {
    length,
    gather: (indices) => ({
      data: rowsOf(x.values as Float32Array, indices, length),
      shape: [indices.length, ...x.shape.slice(1)],
      target: rowsOf(y.values as Int32Array, indices, length),
    }),
  };
}

function isDataset(data: Dataset | HandlerInput): data is Dataset {
  return typeof data === 'object' && 'gather' in data && typeof data.gather === 'function';
}

async function toHost(input: HandlerInput) {
  if (input instanceof Variable) return readHostData(await input.values(), input.shape, input.dtype);
  if (typeof input === 'object' && 'dataId' in input) {
    const variable = new Variable(input);
    const values = await variable.values();
    variable.dispose();
    return readHostData(values, variable.shape, variable.dtype);
  }
  return readHostData(input);
}

function rowsOf<T extends Float32Array | Int32Array>(values: T, indices: ArrayLike<number>, count: number): T {
  const size = values.length / count;
  const rows = new (values.constructor as new (length: number) => T)(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    rows.set(values.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
  }
  return rows;
}
