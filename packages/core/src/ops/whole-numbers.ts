import { repeatTensor, reshapeTensor, sizeOf } from '@tessera-nn/kernels';
import { backend_util, type Tensor } from '@tensorflow/tfjs-core';

/** Whether both are int32, which float32 would be too narrow for beyond 2^24. */
export const areWhole = (a: Tensor, b: Tensor): boolean => a.dtype === 'int32' && b.dtype === 'int32';

/** A function of tfjs of two tensors, element by element, broadcast for any rank; numbers keep their type. */
export function wholly(a: Tensor, b: Tensor, work: (a: Tensor, b: Tensor) => Tensor): Tensor {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const flat = (x: Tensor) => reshapeTensor(repeatTensor(x, shape), [sizeOf(shape)]);
  return reshapeTensor(work(flat(a), flat(b)), shape);
}
