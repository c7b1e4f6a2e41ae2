import { OptimizerError, Variable, type Storage } from '@tessera-nn/core';
import { compound, sameShape, shapeText } from '@tessera-nn/core/internal';
import { atOnce } from './at-once.js';

/** The new weight after the Variable's constraint, and the new state. @throws OptimizerError for another shape; nothing stays then. */
export function constrained(variable: Variable, [weight, ...state]: Storage[], who: string): Storage[] {
  const given = new Variable(weight!);
  try {
    const changed = compound(() => atOnce(variable.constraint!(given), `the constraint of "${variable.name}"`, who));
    if (!sameShape(changed.shape, variable.shape)) {
      changed.dispose();
      throw new OptimizerError(`${who}: the constraint of "${variable.name}" returned another shape`, {
        expected: shapeText(variable.shape),
        received: shapeText(changed.shape),
      });
    }
    const storage = changed.storage.retain();
    changed.dispose();
    return [storage, ...state];
  } catch (error) {
    for (const storage of state) storage.release();
    throw error;
  } finally {
    given.dispose();
  }
}
