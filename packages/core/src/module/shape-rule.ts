import type { Shapes } from '@tessera-nn/kernels';
import { builtTogether } from './build.js';
import { checkShapes } from './check-module.js';
import type { AnyModule } from './module.js';

type Rule = (this: AnyModule, shape: Shapes) => Shapes;

const guarded = new WeakSet<Rule>();
const asked = new Set<AnyModule>();
let heard: ((module: AnyModule, answer: Shapes) => void) | undefined;

/**
 * Puts around the shape rule that a class wrote, once for the class, what holds for all of them: what is not a shape is
 * refused, sizes that come with the first input are known before, and whoever listens hears the answer.
 */
export function guardShapeRule(module: AnyModule): void {
  const prototype = Object.getPrototypeOf(module) as { dataShapeFrom?: Rule };
  const rule = prototype.dataShapeFrom;
  if (typeof rule !== 'function' || guarded.has(rule)) return;
  const around: Rule = function (shape) {
    return askShape(this, shape, rule);
  };
  guarded.add(around);
  Object.defineProperty(prototype, 'dataShapeFrom', { value: around, writable: true, configurable: true });
}

/** What a rule answers for a module. @throws ShapeError for what is not a shape, and where the rule does. */
export function askShape(module: AnyModule, shape: Shapes, rule: Rule): Shapes {
  checkShapes(shape, module);
  return builtTogether(() => {
    module.buildFor(shape);
    return heard && !asked.has(module) ? aloud(module, shape, rule) : rule.call(module, shape);
  });
}

/** A rule that asks that of its base class, or itself for each entry of a list, has one answer. */
function aloud(module: AnyModule, shape: Shapes, rule: Rule): Shapes {
  asked.add(module);
  try {
    const answer = rule.call(module, shape);
    heard!(module, answer);
    return answer;
  } finally {
    asked.delete(module);
  }
}

/** Calls `hear` with each module whose shape rule is asked during the work, and with its answer. */
export function hearShapes(hear: (module: AnyModule, answer: Shapes) => void, work: () => void): void {
  const before = heard;
  heard = hear;
  try {
    work();
  } finally {
    heard = before;
  }
}
