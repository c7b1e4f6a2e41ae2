import { inspectSymbol } from '@tessera-nn/kernels/internal';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The same tensor of tfjs, which Node's console from now on shows as its numbers: by itself it shows its fields. */
export function shown<T extends Tensor>(tensor: T): T {
  if (!Object.hasOwn(tensor, inspectSymbol)) Object.defineProperty(tensor, inspectSymbol, { value: show });
  return tensor;
}

function show(this: Tensor): string {
  return this.isDisposed ? `Tensor [${this.shape.join(', ')}] ${this.dtype}, disposed` : this.toString();
}
