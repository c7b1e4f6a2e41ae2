import { CostError, ShapeError, ValueError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { costSpec, map, type Nd } from '@tessera-nn/testing';
import { SVM } from './svm.js';

/** 1 for the scores of the labels' classes, -1 for the others. */
function signs({ shape, data }: Nd, labels: ArrayLike<number>): number[] {
  const [, classes] = shape as [number, number];
  const places = sizeOf(shape.slice(2));
  return Array.from(data, (_, i) => {
    const [row, c] = [Math.floor(i / (classes * places)), Math.floor(i / places) % classes];
    return labels[row * places + (i % places)] === c ? 1 : -1;
  });
}

const margin = (x: number, t: number) => Math.max(0, 1 - t * x);

costSpec('SVM', {
  reference: (x, labels, { mode }) => {
    const t = signs(x, labels);
    const losses = Array.from(x.data, (value, i) => margin(value, t[i]!) ** (mode === 'l1' ? 1 : 2));
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  },
  gradient: (x, labels, { mode }) => {
    const t = signs(x, labels);
    return map(x, (value, i) => {
      const h = margin(value, t[i]!);
      return (-t[i]! * (mode === 'l1' ? Math.sign(h) : 2 * h)) / x.data.length;
    });
  },
  validation: (x, labels) => {
    const [, classes] = x.shape as [number, number];
    const places = sizeOf(x.shape.slice(2));
    const wrong = Array.from(labels).filter((label, i) => {
      const scores = Array.from({ length: classes }, (_, c) => {
        return x.data[(Math.floor(i / places) * classes + c) * places + (i % places)]!;
      });
      return scores.indexOf(Math.max(...scores)) !== label;
    });
    return wrong.length / labels.length;
  },
  reduced: (reduction) => new SVM({ reduction }),
  cases: [
    { title: 'a matrix', make: () => new SVM(), shape: [4, 3], target: Int32Array.of(0, 2, 1, 1) },
    { title: 'squares of images', make: () => new SVM('l2', 3), shape: [2, 3, 2], target: Int32Array.of(0, 1, 2, 2) },
  ],
  refuses: [
    {
      title: 'a label beyond the classes',
      run: () => new SVM().forward([[1, 2]], [2]),
      type: CostError,
      says: ['SVM: label 2 at position 0'],
    },
    {
      title: 'another count of classes than maxlabels',
      run: () => new SVM('l1', 3).forward([[1, 2]], [0]),
      type: ShapeError,
      says: ['SVM', '2 classes'],
    },
    { title: 'a third mode', run: () => new SVM('l3' as never), type: ValueError, says: ['mode', 'l1, l2'] },
  ],
});
