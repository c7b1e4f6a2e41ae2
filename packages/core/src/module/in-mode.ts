import type { AnyModule } from './module.js';

/**
 * Runs work with every part of a module in train or eval mode, and puts each part's own mode back. The work is synchronous:
 * a mode that is held while others run would be theirs, too.
 */
export function inMode<T>(module: AnyModule, training: boolean, work: () => T): T {
  const others = [...module.modules()].filter((part) => part.training !== training);
  for (const part of others) part.train(training, false);
  try {
    return work();
  } finally {
    for (const part of others) part.train(!training, false);
  }
}
