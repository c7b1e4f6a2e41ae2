import { defineOp, type Variable } from '@tessera-nn/core';
import { defineKernel, runKernel } from '@tessera-nn/kernels';
import { argMax, cast, logicalAnd, notEqual, reshape, scalar, sum, type Tensor } from '@tensorflow/tfjs-core';
import { NEVER, ratio } from './class-targets.js';

/** The share of labels that are not where the largest score is; labels that do not count are left out. */
const wrongShareKernel = defineKernel<
  { scores: Tensor; labels: Tensor },
  { classes: number; ignoreIndex: number | undefined },
  Tensor
>({
  name: 'WrongShare',
  outputs: () => ({ shape: [] }),
  compose: ({ scores, labels }, { classes, ignoreIndex = NEVER }) => {
    const numbers = reshape(labels, [-1]);
    const counts = notEqual(numbers, scalar(ignoreIndex, 'int32'));
    const wrong = logicalAnd(notEqual(argMax(reshape(scores, [-1, classes]), 1), numbers), counts);
    return ratio(sum(cast(wrong, 'float32')), sum(cast(counts, 'float32')));
  },
  loops: ({ values: { scores, labels }, outputs: [share] }, { classes, ignoreIndex }) => {
    let wrong = 0;
    let counted = 0;
    for (let row = 0; row < labels.length; row++) {
      if (labels[row] === ignoreIndex) continue;
      const at = row * classes;
      let best = 0;
      for (let c = 1; c < classes; c++) if (scores[at + c]! > scores[at + best]!) best = c;
      counted++;
      if (best !== labels[row]) wrong++;
    }
    share![0] = wrong / counted;
  },
});

const wrongShareOp = defineOp({
  name: 'wrong share',
  inputs: ['scores', 'labels'],
  layout: { scores: 'channelsLast' },
  forward: (inputs, attrs: { classes: number; ignoreIndex: number | undefined }) =>
    runKernel(wrongShareKernel, inputs, attrs),
});

/** The share of wrong answers among labels [batch, ...] by scores [batch, classes, ...]. */
export function wrongShare(scores: Variable, labels: Variable, ignoreIndex: number | undefined): Variable {
  return wrongShareOp({ scores, labels }, { classes: scores.shape[1]!, ignoreIndex });
}
