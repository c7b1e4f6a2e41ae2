import { OptimizerError, Variable, type Storage } from '@tessera-nn/core';
import { compound } from '@tessera-nn/core/internal';
import { atOnce } from '../at-once.js';
import type { Following, Hook, HookState } from './hook.js';

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

const remembering = (hooks: readonly Hook[]) => hooks.filter((hook) => 'stateDict' in hook && 'loadStateDict' in hook);

/** What the hooks remember, in their order, as it is now. */
export function readHooks(hooks: readonly Hook[]): Promise<HookState[]> {
  return Promise.all(remembering(hooks).map((hook) => hook.stateDict!()));
}

/** Gives hooks back what they remembered. @throws OptimizerError when there are others than there were. */
export function loadHooks(hooks: readonly Hook[], states: readonly HookState[], who: string): void {
  const known = remembering(hooks);
  const given = Array.isArray(states) ? states.length : undefined;
  if (given !== known.length) {
    throw new OptimizerError(`${who} cannot go on from this state: other hooks remember something`, {
      path: who,
      expected: `states of ${known.length} hooks`,
      received: given === undefined ? 'another object' : `those of ${given}`,
      hint: 'Add the hooks first that it had, such as new EMA(net), in the same order',
    });
  }
  for (const [i, hook] of known.entries()) hook.loadStateDict!(states[i]!);
}
