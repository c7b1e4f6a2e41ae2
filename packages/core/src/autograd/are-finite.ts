import { currentBackend } from '@tessera-nn/kernels';
import { all, isFinite as finiteTensor, stack, tidy } from '@tensorflow/tfjs-core';
import { Variable } from '../variable/variable.js';
import { isAllFinite } from './anomaly.js';

/** Whether there is neither NaN nor an infinity in several Variables as they are now; one number is read back. */
export async function areFinite(variables: Iterable<Variable>): Promise<boolean> {
  const tensors = Array.from(variables, ({ storage }) => storage.tensor).filter(({ dtype }) => dtype === 'float32');
  if (currentBackend() !== 'webgl') return tensors.every(isAllFinite);
  const answer = tidy(() => all(stack(tensors.map((tensor) => all(finiteTensor(tensor))))));
  const reader = new Variable(answer);
  try {
    return (await reader.values())[0] === 1;
  } finally {
    reader.dispose();
    answer.dispose();
  }
}
