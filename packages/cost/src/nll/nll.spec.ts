import { CostError, ShapeError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { costSpec, map, type Nd } from '@tessera-nn/testing';
import { goldens } from './nll.golden.js';
import { NLL } from './nll.js';

const classWeights = [0.5, 2, 1.5];

/** The log-probability of each label and its weight; those that do not count are left out. */
function counted({ shape, data }: Nd, labels: ArrayLike<number>, cost: NLL) {
  const [, classes] = shape as [number, number];
  const places = sizeOf(shape.slice(2));
  return Array.from(labels, (label, i) => {
    const at = (Math.floor(i / places) * classes + label) * places + (i % places);
    return { at, label, x: data[at]!, weight: cost.weights ? classWeights[label]! : 1 };
  }).filter(({ label }) => label !== cost.ignoreIndex);
}

const normOf = (parts: readonly { weight: number }[]) => parts.reduce((sum, { weight }) => sum + weight, 0);

costSpec('NLL', {
  reference: (x, labels, cost) => {
    const parts = counted(x, labels, cost);
    return parts.reduce((sum, part) => sum - part.weight * part.x, 0) / normOf(parts);
  },
  gradient: (x, labels, cost) => {
    const parts = counted(x, labels, cost);
    return map(x, (_, i) => -(parts.find(({ at }) => at === i)?.weight ?? 0) / normOf(parts));
  },
  validation: (x, labels, { ignoreIndex }) => {
    const [, classes] = x.shape as [number, number];
    const places = sizeOf(x.shape.slice(2));
    const judged = Array.from(labels, (label, i) => {
      const scores = Array.from({ length: classes }, (_, c) => {
        return x.data[(Math.floor(i / places) * classes + c) * places + (i % places)]!;
      });
      return { label, answer: scores.indexOf(Math.max(...scores)) };
    }).filter(({ label }) => label !== ignoreIndex);
    return judged.filter(({ label, answer }) => label !== answer).length / judged.length;
  },
  reduced: (reduction) => new NLL({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new NLL(3), shape: [4, 3], target: Int32Array.of(0, 2, 1, 1) },
    {
      title: 'images with weights, some labels ignored',
      make: () => new NLL({ weights: classWeights, ignoreIndex: 1 }),
      shape: [2, 3, 2],
      target: Int32Array.of(0, 1, 2, 2),
    },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: (attrs) => new NLL(attrs),
    toTarget: (target) => Int32Array.from(target),
  },
  refuses: [
    {
      title: 'a label beyond the classes',
      run: () => new NLL().forward([[1, 2]], [2]),
      type: CostError,
      says: ['NLL: label 2 at position 0'],
    },
    {
      title: 'numbers without classes',
      run: () => new NLL().forward([1], [0]),
      type: ShapeError,
      says: ['NLL: scores'],
    },
  ],
});
