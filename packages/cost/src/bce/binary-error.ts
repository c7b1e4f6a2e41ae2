import { broadcastingOp } from '@tessera-nn/core';
import { formula } from '@tessera-nn/kernels';

const { gt, select } = formula;

/** 1 where prediction and target lie on different sides: yes is a logit x above 0, and a target t above 0.5. */
export const binaryError = broadcastingOp({
  name: 'BinaryError',
  inputs: ['x', 't'],
  value: ({ x, t }) => select(gt(x, 0), select(gt(t, 0.5), 0, 1), select(gt(t, 0.5), 1, 0)),
});
