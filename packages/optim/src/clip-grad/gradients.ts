import { Module, OptimizerError, Variable, type AnyModule } from '@tessera-nn/core';

/** Whose gradients are clipped: a module's, or those of some Variables. */
export type Clipped = AnyModule | Iterable<Variable>;

/** The Variables with a gradient, each once. @throws OptimizerError for what are not parameters, or were all taken before. */
export function withGradients(parameters: Clipped, path: string): Variable[] {
  const refuse = (problem: string, received: string): never => {
    throw new OptimizerError(`${path}: ${problem}`, {
      path,
      expected: 'a module, or Variables',
      received,
      hint: 'Pass the module itself, or [...net.parameters()]',
    });
  };
  const given: unknown = parameters;
  const isIterable = typeof given === 'object' && given !== null && Symbol.iterator in given;
  if (!(given instanceof Module) && !isIterable) return refuse('there are no parameters', typeof given);
  const list = [...(given instanceof Module ? given.parameters() : (given as Iterable<unknown>))];
  const other = list.find((entry) => !(entry instanceof Variable));
  if (other !== undefined) return refuse('not all of these are parameters', typeof other);
  // An iterator, such as `net.parameters()`, has nothing left when it is walked again.
  const isWalked = list.length === 0 && isIterable && 'next' in given;
  if (isWalked) return refuse('this iterator has come to its end before', 'nothing');
  return [...new Set(list as Variable[])].filter((variable) => variable.gradStorage);
}
