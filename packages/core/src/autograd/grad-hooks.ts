import { AutogradError, sameShape, shapeText } from '@tessera-nn/kernels';
import { HookList } from '../hooks.js';
import type { Variable } from '../variable/variable.js';
import { replacementFrom } from './hook-result.js';

/** Sees a gradient; a Variable that it returns, of the same shape, takes the gradient's place. */
export type GradHook = (grad: Variable) => Variable | null | void;

/** Of leaves; results of ops have theirs at the node, since the Variable itself may be gone by then. */
const leafHooks = new WeakMap<Variable, HookList<GradHook>>();

/** The hooks of a Variable's gradient. @throws AutogradError where no gradient will come. */
export function gradHooksOf(variable: Variable): HookList<GradHook> {
  if (!variable.tracked) {
    throw new AutogradError('A hook was put on a Variable that gets no gradient', {
      path: variable.name ?? 'Variable',
      hint: 'Give requiresGrad: true to it, and check that noGrad is not around what computed it',
    });
  }
  const { node, slot, leaf } = variable;
  if (node) return ((node.gradHooks ??= [])[slot] ??= new HookList());
  const hooks = leafHooks.get(leaf) ?? new HookList();
  leafHooks.set(leaf, hooks);
  return hooks;
}

/** A leaf's gradient after its hooks. */
export function hookedLeafGrad(leaf: Variable, grad: Variable): Variable {
  const hooks = leaf.node ? undefined : leafHooks.get(leaf);
  return hooks ? hooked(grad, hooks, leaf.name ? `The gradient hook of "${leaf.name}"` : 'A gradient hook') : grad;
}

/** A gradient after hooks, each of which sees what the one before made of it. The result is nobody else's. */
export function hooked(grad: Variable, hooks: Iterable<GradHook>, subject: string): Variable {
  let current = grad;
  for (const hook of hooks) {
    const given = replacementFrom(hook(current), subject, subject);
    if (!given) continue;
    if (!sameShape(given.shape, grad.shape)) {
      throw new AutogradError(`${subject} returned a gradient of another shape`, {
        path: subject,
        expected: shapeText(grad.shape),
        received: shapeText(given.shape),
      });
    }
    current = given.alias();
  }
  return current;
}
