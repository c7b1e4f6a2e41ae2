import { liveStorages } from '@tessera/core';
import { memory } from '@tensorflow/tfjs-core';

/** Everything that is held now: Tessera's storages, tfjs's tensors and its bytes. */
export function held(): { storages: number; tensors: number; bytes: number } {
  const { numTensors, numBytes } = memory();
  return { storages: liveStorages().size, tensors: numTensors, bytes: numBytes };
}
