import { DataError, ShapeError, ValueError } from '@tessera-nn/core';
import { sameShape, shapeText } from '@tessera-nn/core/internal';
import { streamsOf, type Batch, type Dataset } from '../dataset.js';
import { checkDataset } from '../given.js';

/**
 * Datasets one behind the other; nothing is copied.
 *
 * @example
 * const all = concatDatasets(digits.train, digits.test);
 * @throws ShapeError when their samples do not have one shape; DataError for none at all, or for what is not a dataset.
 */
export function concatDatasets(...parts: readonly Dataset[]): Dataset {
  parts.forEach((part) => checkDataset(part, 'concatDatasets'));
  const [first] = parts;
  if (!first) throw new DataError('concatDatasets: there are no datasets', { expected: 'at least one' });
  const { sampleShape } = first;
  const other = parts.find((part) => !sameShape(part.sampleShape, sampleShape));
  if (other) {
    throw new ShapeError('concatDatasets: the samples do not have one shape', {
      path: 'concatDatasets',
      expected: shapeText(sampleShape),
      received: shapeText(other.sampleShape),
    });
  }
  const starts = [0];
  for (const part of parts) starts.push(starts.at(-1)! + part.length);
  const length = starts.at(-1)!;
  const partOf = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < length)
      return starts.filter((start) => start <= index).length - 1;
    throw new ValueError(`${index} names no sample of the dataset`, {
      expected: `a whole number from 0 to ${length - 1}`,
      received: String(index),
    });
  };
  return { length, sampleShape, ...streamsOf(parts), gather };

  function gather(indices: ArrayLike<number>): Batch {
    const size = sampleShape.reduce((product, axis) => product * axis, 1);
    const data = new Float32Array(indices.length * size);
    const labels = new Int32Array(indices.length);
    let weights: Float32Array | undefined; // 1 where the part that a sample comes from has none
    const places = Array.from(indices, partOf);
    for (const part of new Set(places)) {
      const own = places.flatMap((place, i) => (place === part ? [i] : []));
      const batch = parts[part]!.gather(own.map((i) => indices[i]! - starts[part]!));
      if (batch.weights) weights ??= new Float32Array(indices.length).fill(1);
      own.forEach((i, row) => {
        data.set(batch.data.subarray(row * size, (row + 1) * size), i * size);
        labels[i] = batch.labels[row]!;
        if (batch.weights) weights![i] = batch.weights[row]!;
      });
    }
    return {
      data,
      shape: [indices.length, ...sampleShape],
      labels,
      indices: Uint32Array.from(indices),
      ...(weights && { weights }),
    };
  }
}
