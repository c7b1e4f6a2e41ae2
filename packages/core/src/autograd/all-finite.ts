import { currentBackend } from '@tessera-nn/kernels';
import { all, isFinite as finiteTensor, stack, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { Variable } from '../variable/variable.js';

/** Whether there is neither NaN nor an infinity in a tensor; waits for the device. */
export function isAllFinite(tensor: Tensor): boolean {
  if (tensor.dtype !== 'float32') return true;
  if (currentBackend() === 'webgl') return tidy(() => all(finiteTensor(tensor)).dataSync()[0] === 1);
  return (tensor.dataSync() as Float32Array).every(Number.isFinite);
}

/** The same of several Variables, as they are now, with one number read back. */
export async function areFinite(variables: Iterable<Variable>): Promise<boolean> {
  const tensors = Array.from(variables, ({ storage }) => storage.tensor).filter(({ dtype }) => dtype === 'float32');
  if (currentBackend() !== 'webgl') return tensors.every(isAllFinite);
  const answer = new Variable(tidy(() => all(stack(tensors.map((tensor) => all(finiteTensor(tensor)))))));
  try {
    return (await answer.values())[0] === 1;
  } finally {
    answer.dispose();
  }
}
