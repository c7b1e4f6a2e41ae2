import { Variable, type Storage } from '@tessera-nn/core';

/** What an optimizer remembers for each Variable, in the order of its names. */
export type States = Map<Variable, Storage[]>;

/** The same states, held once more. */
export function retained(states: States): States {
  return new Map(Array.from(states, ([variable, storages]) => [variable, storages.map((storage) => storage.retain())]));
}

/** Lets all of them go. */
export function release(states: States): void {
  for (const storages of states.values()) for (const storage of storages) storage.release();
  states.clear();
}

/** Values of the host in memory of the device. */
export function storageOf(values: Float32Array, shape: readonly number[]): Storage {
  const source = new Variable(values, { shape });
  const storage = source.storage.retain();
  source.dispose();
  return storage;
}

/** A state that no step was made with, one number everywhere; what it is made of is held, for the caller to release. */
export function startOf(value: number, { size, shape, storage }: Variable, held: { release(): void }[]): Storage {
  const start = storageOf(new Float32Array(size).fill(value), shape);
  held.push(start);
  const converted = start.inLayout(storage.layout);
  held.push(converted);
  return converted;
}
