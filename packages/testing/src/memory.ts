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
  for (let quiet = 0; quiet < 2;) {
    const before = now;
    await collectGarbage(1);
    now = held();
    quiet = now.storages === before.storages ? quiet + 1 : 0;
  }
  return now;
}

/** Rounds of the collector after which what is still held is held by somebody. */
const MOST_ROUNDS = 20;

/**
 * Nothing more is held than before, as soon as the collector has come to everything: on a busy machine its finalizers come
 * late.
 */
export async function expectAtRest(before: ReturnType<typeof held>): Promise<void> {
  const isMore = () => {
    const now = held();
    return now.storages > before.storages || now.tensors > before.tensors || now.bytes > before.bytes;
  };
  for (let round = 0; canCollect() && round < MOST_ROUNDS && (round === 0 || isMore()); round++)
    await collectGarbage(1);
  expectNoMore(before);
}

/** Nothing more is held than before; less is where the collector came in between, for what others left. */
export function expectNoMore(before: ReturnType<typeof held>): void {
  const now = held();
  for (const key of ['storages', 'tensors', 'bytes'] as const) expect(now[key], key).to.be.at.most(before[key]);
}
