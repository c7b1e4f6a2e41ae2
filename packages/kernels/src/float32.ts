import { cast, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The tensor as float32, which is what kernels compute in on every backend. tfjs's own kernels would read the bits of
 * whole numbers as floats on wasm, and divide them without a fraction elsewhere.
 */
export function float32(tensor: Tensor): Tensor {
  return tensor.dtype === 'float32' ? tensor : cast(tensor, 'float32');
}

export const isFloat32 = ({ dtype }: Tensor): boolean => dtype === 'float32';

export const allFloat32 = (...tensors: readonly Tensor[]): boolean => tensors.every(isFloat32);
