import { option, OptimizerError } from '@tessera-nn/core';

/** What rates and factors may be. */
export const rate = option.kind<number>(
  'a finite number from 0',
  (value) => Number.isFinite(value) && (value as number) >= 0,
  OptimizerError,
);

/** What a number between nothing and all may be. */
export const share = option.kind<number>(
  'a number from 0 to 1',
  (value) => typeof value === 'number' && value >= 0 && value <= 1,
  OptimizerError,
);

/** What chooses between two rules. */
export const flag = option.kind<boolean>('true or false', (value) => typeof value === 'boolean', OptimizerError);
