import { checkFunction } from '@tessera-nn/kernels/internal';
import { checkVariables } from '../variable/new-variable.js';
import { withGraph } from '../autograd/graph.js';
import { Frame, type Owned } from './frame.js';
import { Variable } from '../variable/variable.js';

/**
 * Runs work and frees every Variable made in it, and what the tape kept for them, except what is returned or kept.
 * Parameters, buffers and optimizer state are never freed by a scope.
 *
 * The function may be asynchronous: the scope ends when its promise settles. It frees nothing of what other flows make
 * meanwhile, and scopes of several flows may overlap. Node tells flows apart. Pages do not: there, what is made after the
 * first `await` is left to the garbage collector, as outside of scopes; a synchronous scope around it frees it at once.
 *
 * @example
 * const accuracy = await scope(async () => {
 *   const prediction = net.forward(images);
 *   return cost.validate(prediction, labels);
 * });
 */
export function scope<T>(work: () => T): T {
  checkFunction(work, 'scope');
  const frame = new Frame();
  let result: T;
  try {
    result = frame.aroundFlow(work);
  } catch (error) {
    frame.close();
    throw error;
  }
  if (!(result instanceof Promise)) {
    frame.close(survivorsIn(result));
    return result;
  }
  return result.then(
    (value: unknown) => {
      frame.close(survivorsIn(value));
      return value;
    },
    (error: unknown) => {
      frame.close();
      throw error;
    },
  ) as T;
}

/** The Variables in a result, also inside arrays, Maps, Sets and plain objects, with the graph behind them. */
function survivorsIn(result: unknown): Set<Owned> {
  const found: Variable[] = [];
  const seen = new Set<unknown>();
  const open: unknown[] = [result];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Variable) found.push(value);
    else if (value instanceof Map || value instanceof Set || Array.isArray(value))
      open.push(...(value as Iterable<unknown>));
    else if (Object.getPrototypeOf(value) === Object.prototype) open.push(...(Object.values(value) as unknown[]));
  }
  return withGraph(found);
}

/** Protects a Variable from the scope or module call it was made in. */
export function keep(variable: Variable): Variable {
  checkVariables([variable], 'keep');
  return variable.keep();
}
