import { CostError, ones, ShapeError } from '@tessera-nn/core';
import { costOfParts, costSpec, map, type Nd } from '@tessera-nn/testing';
import { L1Hinge } from './l1-hinge.js';

/** The differences of both halves of each row. */
const differences = ({ shape, data }: Nd) => {
  const size = shape[1]! / 2;
  return Array.from({ length: shape[0]! }, (_, b) =>
    Array.from({ length: size }, (_, i) => data[2 * b * size + i]! - data[(2 * b + 1) * size + i]!),
  );
};

costSpec('L1Hinge', {
  reference: (x, labels) => {
    const losses = differences(x).flatMap((row, b) =>
      row.map((d) => (labels[b] ? Math.abs(d) : Math.max(0, 1 - Math.abs(d)))),
    );
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  },
  gradient: (x, labels) => {
    const size = x.shape[1]! / 2;
    const rows = differences(x);
    return map(x, (_, i) => {
      const [b, at] = [Math.floor(i / (2 * size)), i % (2 * size)];
      const d = rows[b]![at % size]!;
      const slope = labels[b] ? Math.sign(d) : Math.abs(d) < 1 ? -Math.sign(d) : 0;
      return (at < size ? slope : -slope) / (rows.length * size);
    });
  },
  validation: (x, labels) => {
    const rows = differences(x);
    const near = rows.map((row) => row.reduce((sum, d) => sum + Math.abs(d), 0) / row.length <= 1);
    return near.filter((is, b) => is !== (labels[b] === 1)).length / rows.length;
  },
  reduced: (reduction) => costOfParts(new L1Hinge({ reduction }), 2),
  cases: [
    { title: 'pairs', make: () => costOfParts(new L1Hinge(), 2), shape: [4, 6], target: Float32Array.of(1, 0, 0, 1) },
  ],
  refuses: [
    {
      title: 'a single output',
      run: () => new L1Hinge().forward([[1]] as never, [1]),
      type: CostError,
      says: ['L1Hinge compares x1, x2', 'a list of 2', 'a single one'],
    },
    {
      title: 'three outputs',
      run: () => costOfParts(new L1Hinge(), 3).forward(ones([1, 3]), Float32Array.of(1)),
      type: CostError,
      says: ['a list of 3'],
    },
    {
      title: 'another count of labels',
      run: () => new L1Hinge().forward([ones([1, 2]), ones([1, 2])], [1, 1]),
      type: ShapeError,
      says: ['[1]', '[2]'],
    },
    {
      title: 'labels of -1',
      run: () => costOfParts(new L1Hinge(), 2).forward(ones([1, 4]), Float32Array.of(-1)),
      type: CostError,
      says: ['L1Hinge: target -1 at position 0', '0 or 1'],
    },
  ],
});
