import { Variable, type Storage } from '@tessera-nn/core';
import { compound } from '@tessera-nn/core/internal';
import { atOnce } from '../at-once.js';
import type { Following, Hook } from './hook.js';

interface Held {
  release(): void;
}

/** Shows all gradients to the hooks that look at them together. */
export function beforeUpdate(hooks: readonly Hook[], variables: readonly Variable[], who: string): void {
  for (const hook of hooks.filter((hook) => 'beforeUpdate' in hook)) {
    const given = variables.map((variable) => ({ variable, grad: new Variable(variable.gradStorage!.retain()) }));
    try {
      atOnce(hook.beforeUpdate!(given) as unknown, 'a hook', who);
    } finally {
      for (const { grad } of given) grad.dispose();
    }
  }
}

/** The gradient of a Variable after all hooks; what they made is held, for the caller to release. */
export function hookedGrad(hooks: readonly Hook[], variable: Variable, held: Held[], who: string): Storage {
  let grad = variable.gradStorage!;
  for (const hook of hooks.filter((hook) => 'changeGrad' in hook)) {
    const given = new Variable(grad.retain());
    try {
      const changed = compound(() => atOnce(hook.changeGrad!(variable, given), 'a hook', who));
      grad = changed.storage.retain();
      held.push(grad);
      changed.dispose();
    } finally {
      given.dispose();
    }
  }
  return grad;
}

/** What the hooks make of a new weight; where one fails, nothing stays of it, nor of the weight and its state. */
export function followed(
  hooks: readonly Hook[],
  variable: Variable,
  results: readonly Storage[],
  who: string,
): Following[] {
  const made: Following[] = [];
  try {
    for (const hook of hooks.filter((hook) => 'followWeight' in hook)) {
      const weight = new Variable(results[0]!.retain());
      try {
        made.push(atOnce(hook.followWeight!(variable, weight), 'a hook', who));
      } finally {
        weight.dispose();
      }
    }
    return made;
  } catch (error) {
    for (const following of made) following.drop();
    for (const storage of results) storage.release();
    throw error;
  }
}
