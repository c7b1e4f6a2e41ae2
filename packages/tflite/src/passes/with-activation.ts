import { activations, type FusedActivation, type OperatorName } from '../format/operators.js';
import type { Merge } from './simplified.js';

/** Operators that may do it to what they make. Others have the option in the schema, but runtimes lack it. */
const able = new Set<OperatorName>([
  'ADD',
  'AVERAGE_POOL_2D',
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'DIV',
  'FULLY_CONNECTED',
  'MAX_POOL_2D',
  'MUL',
  'SUB',
]);

/** An activation that the operator before it does. */
export const withActivation: Merge = ({ name, outputs }, maker) => {
  const activation = name in activations && activations[name as FusedActivation];
  if (!activation || !able.has(maker.name) || maker.options['activation']) return;
  return { ...maker, options: { ...maker.options, activation }, outputs };
};
