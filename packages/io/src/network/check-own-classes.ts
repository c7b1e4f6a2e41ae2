import { ModuleError, randomStream, type AnyModule, type ModuleClass } from '@tessera-nn/core';
import { knownClasses } from './known-classes.js';

/**
 * Builds a module of each class of the caller's own from its options, as loading will: a file that could not be loaded is
 * not written.
 *
 * @throws ModuleError when the constructor refuses its own options, or makes another module of them.
 */
export function checkOwnClasses(net: AnyModule): void {
  const checked = new Set<unknown>(knownClasses());
  const stream = randomStream();
  const { state } = stream;
  for (const [path, module] of net.namedModules()) {
    const moduleClass = module.constructor as ModuleClass;
    if (checked.has(moduleClass)) continue;
    checked.add(moduleClass);
    const { options, modules } = module.getBlueprint();
    if (!modules) checkRebuilt(module, moduleClass, options, path);
  }
  stream.state = state;
}

function checkRebuilt(module: AnyModule, moduleClass: ModuleClass, options: object, path: string): void {
  let received: string;
  try {
    const rebuilt = new moduleClass(options as never);
    received = tensorsOf(rebuilt);
    rebuilt.dispose();
  } catch (cause) {
    received = cause instanceof Error ? cause.message : String(cause);
  }
  const expected = tensorsOf(module);
  if (received === expected) return;
  throw new ModuleError(
    `${module.className} cannot be built again from its own options, so no file of it could be loaded`,
    {
      path: path || module.className,
      expected: expected || 'no parameters and no buffers',
      received: received || 'no parameters and no buffers',
      hint: `Let the constructor take one object, and hand what it needs to super(options, blueprint): new ${module.className}(${JSON.stringify(options)})`,
    },
  );
}

function tensorsOf(module: AnyModule): string {
  return [...module.namedTensors()].map(([name, { shape }]) => `${name} [${shape.join(', ')}]`).join(', ');
}
