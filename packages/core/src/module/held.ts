import { ModuleError } from '@tessera-nn/kernels';
import type { ModuleCall } from './call.js';
import type { AnyModule } from './module.js';

/** What walks found in a module, or in those around it, when something ran there for the first time. */
const found = new WeakMap<AnyModule, WeakSet<AnyModule>>();

/**
 * @throws ModuleError for a module that runs inside others of which no walk finds it: it would be neither trained nor saved
 * nor switched between train and eval mode, without a word.
 */
export function checkHeld(module: AnyModule, outer: ModuleCall | undefined): void {
  const runner = outer?.module;
  if (!runner || runner === module || found.get(runner)?.has(module)) return;
  const known = found.get(runner) ?? new WeakSet<AnyModule>();
  found.set(runner, known);
  for (let call: ModuleCall | undefined = outer; call; call = call.outer) {
    for (const held of call.module?.modules() ?? []) if (call === outer || held === module) known.add(held);
    if (known.has(module)) return;
  }
  throw new ModuleError(
    `${module.label} ran inside ${runner.label}, which does not hold it in a field that can be found`,
    {
      path: runner.path,
      expected: 'a module in a public field, or in an array, a Map or a plain object there',
      received: 'one that is out of sight, so that it would be neither trained nor saved',
      hint:
        'Assign it to a field in the constructor, as in this.head = head: #private fields, Sets, closures and objects of ' +
        'classes are not looked through',
    },
  );
}
