import { option, optionsOf, OptimizerError, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { clipped } from '../clip-grad/clip-grad-value.js';
import type { Hook } from './hook.js';

const options = optionsOf('ClipValue', {
  /** How large an element may be. */
  limit: option.kind<number>(
    'a finite number above 0',
    (value) => Number.isFinite(value) && (value as number) > 0,
    OptimizerError,
  ),
});
/** The limit of ClipValue. */
export type ClipValueOptions = Given<typeof options>;

/**
 * Brings every element of a gradient between -`limit` and `limit`, inside of each update; NaN stays NaN. The gradients of the
 * parameters stay as they are.
 *
 * @example
 * optimizer.addHook(new ClipValue(0.5));
 * @throws OptimizerError when the limit is not a finite number above 0.
 */
export class ClipValue implements Hook {
  readonly limit: number;

  constructor(...given: Arguments<[limit: number], ClipValueOptions>) {
    this.limit = options.arguments(given).limit;
  }

  changeGrad(_: Variable, grad: Variable): Variable {
    return clipped({ g: grad }, { limit: this.limit });
  }
}
