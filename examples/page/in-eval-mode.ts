import type { Module } from 'tessera-nn';

/** Runs work with the network as it is used, not as it learns; the work is synchronous, so that no step comes in between. */
export function inEvalMode<T>(net: Module, work: () => T): T {
  const before = net.training;
  net.eval();
  try {
    return work();
  } finally {
    net.train(before);
  }
}
