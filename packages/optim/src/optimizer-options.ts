import { option, optionsOf, OptimizerError, type NodeInfo, type Option, type Options } from '@tessera-nn/core';

/** Options by name. */
type Declaration = Readonly<Record<string, Option<unknown, boolean>>>;

/** A meeting of ranks, by what optimizers call of it. */
const meets = option.objectWith<NodeInfo>('what Grid.join() returns', 'sum', 'broadcast');

const shared = {
  /** This rank among those that train together, as `Grid.join()` returns it. Default: there are no others. */
  nodeinfo: option.kind<NodeInfo>(meets.rule.expected, meets.rule.accepts, OptimizerError).optional,
};

/** The options of an optimizer: its numbers, in their positions or by name alone, and what every optimizer takes. */
export function optimizerOptions<P extends Declaration, N extends Declaration = Record<never, never>>(
  className: string,
  positional: P,
  byName?: N,
): Options<P & N & typeof shared> {
  return optionsOf(className, positional, { ...(byName as N), ...shared });
}
