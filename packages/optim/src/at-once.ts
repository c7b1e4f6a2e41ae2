import { OptimizerError } from '@tessera-nn/core';
import { synchronous } from '@tessera-nn/core/internal';

/** What somebody else's function returned. @throws OptimizerError for a Promise: it would come after the step. */
export function atOnce<T>(returned: T, what: string, who: string): T {
  return synchronous(returned, `${who}: ${what} is asynchronous`, {
    kind: OptimizerError,
    hint: 'A step is made in one go: await what it needs before',
  });
}
