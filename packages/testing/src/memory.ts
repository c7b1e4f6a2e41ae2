import { liveStorages } from '@tessera-nn/core';
import { memory } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { canCollect, collectGarbage } from './backend.js';

/** Everything that is held now: Tessera's storages, tfjs's tensors and its bytes. */
export function held(): { storages: number; tensors: number; bytes: number } {
  const { numTensors, numBytes } = memory();
  return { storages: liveStorages().size, tensors: numTensors, bytes: numBytes };
}

/**
 * What is held when the collector has nothing more to do, where it can be called; on a busy machine finalizers come rounds
 * later.
 */
export async function heldAtRest(): Promise<ReturnType<typeof held>> {
  let now = held();
  if (!canCollect()) return now;
  for (let quiet = 0; quiet < 3;) {
    const before = now;
    await collectGarbage(1);
    now = held();
    quiet = now.storages === before.storages ? quiet + 1 : 0;
  }
  return now;
}

/** Nothing more is held than before; less is where the collector came in between, for what others left. */
export function expectNoMore(before: ReturnType<typeof held>): void {
  const now = held();
  for (const key of ['storages', 'tensors', 'bytes'] as const) expect(now[key], key).to.be.at.most(before[key]);
}
