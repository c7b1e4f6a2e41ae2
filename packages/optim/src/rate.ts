import { option, OptimizerError } from '@tessera-nn/core';

/** What rates and factors may be. */
export const rate = option.kind<number>(
  'a finite number from 0',
  (value) => Number.isFinite(value) && (value as number) >= 0,
  OptimizerError,
);
