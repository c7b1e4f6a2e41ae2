import { isModule } from './module-tree.js';
import type { AnyModule } from './module.js';

const beingPrinted = new Set<AnyModule>();

/** A module with everything in it in PyTorch's layout: one line where it fits, else options first, then children. */
export function moduleText(module: AnyModule): string {
  const { className } = module;
  if (beingPrinted.has(module)) return `${className}(...)`; // it lies inside itself
  beingPrinted.add(module);
  try {
    const extra = module.extraRepr() === '' ? [] : module.extraRepr().split('\n');
    const children: string[] = [];
    for (const [key, member] of module.members()) {
      if (isModule(member)) children.push(`(${key}): ${member.toString().replaceAll('\n', '\n  ')}`);
    }
    if (children.length === 0 && extra.length <= 1) return `${className}(${extra.join('')})`;
    return `${className}(\n  ${[...extra, ...children].join('\n  ')}\n)`;
  } finally {
    beingPrinted.delete(module);
  }
}
