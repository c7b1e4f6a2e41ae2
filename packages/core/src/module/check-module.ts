import { ModuleError, ShapeError, shownValue, type Shapes } from '@tessera-nn/kernels';
import { isUnwantedPromise, synchronous } from '../unwanted-promise.js';
import { isModule } from './module-tree.js';
import type { AnyModule } from './module.js';

/** @throws ModuleError for what is not a module. */
export function checkModule(value: unknown, who: string): asserts value is AnyModule {
  if (isModule(value)) return;
  throw new ModuleError(`${who} takes a module first`, {
    path: who,
    expected: 'a module, such as a network',
    received: shownValue(value),
    hint: `${who}(net, ...)`,
  });
}

/** @throws ModuleError for a class that lacks what each module has: in JavaScript nothing else says so. */
export function checkMethods(module: AnyModule): void {
  const has = module as unknown as Record<string, unknown>;
  for (const [name, what] of [
    ['dataShapeFrom', 'the shape that comes out for one that comes in'],
    ['updateData', 'the output of an input'],
  ] as const) {
    if (typeof has[name] === 'function') continue;
    throw new ModuleError(`${module.label} has no ${name}()`, {
      path: module.path,
      expected: `a method that returns ${what}`,
      hint:
        name === 'dataShapeFrom' ? 'dataShapeFrom(shape) { return [...shape]; } for one that keeps shapes' : undefined,
    });
  }
}

/** @throws ShapeError for what is neither a shape nor a list of them. */
export function checkShapes(shape: unknown, module: AnyModule): asserts shape is Shapes {
  if (isShapes(shape)) return;
  throw new ShapeError(`${module.label}: this is not a shape`, {
    path: module.path,
    expected: 'a list of whole numbers from 0, or a list of shapes',
    received: shownValue(shape),
  });
}

const isShapes = (value: unknown): boolean => Array.isArray(value) && (value.every(isLength) || value.every(isShapes));

const isLength = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

/**
 * What a module computed. Its path is looked for in all modules around it, so that only a refusal asks for it.
 *
 * @throws ModuleError when it is a Promise.
 */
export function synchronousOutput<Output>(output: Output, module: AnyModule): Output {
  if (!isUnwantedPromise(output)) return output;
  return synchronous(output, `${module.label}: updateData is asynchronous`, {
    kind: ModuleError,
    path: module.path,
    hint: 'Await what it needs before the forward pass',
  });
}
