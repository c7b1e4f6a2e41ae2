import { Variable, type AnyModule } from '@tessera-nn/core';
import { everyModule } from '@tessera-nn/core/internal';

/** A Variable where a module holds it. */
export interface Holding {
  /** The module's path from the network; empty for the network itself. */
  readonly path: string;
  readonly module: AnyModule;
  /** How the module calls it. */
  readonly key: string;
  readonly variable: Variable;
}

/** Every place at which a network holds a Variable; a shared one comes once for each of them. */
export function* everyHolding(net: AnyModule): Iterable<Holding> {
  for (const [path, module] of everyModule(net)) {
    for (const [key, member] of module.members()) {
      if (member instanceof Variable) yield { path, module, key, variable: member };
    }
  }
}

/** Every name under which a network reaches a Variable. */
export function* everyName(net: AnyModule): Iterable<[string, Variable]> {
  for (const { path, key, variable } of everyHolding(net)) yield [join(path, key), variable];
}

/** The names of a network's Variables: the first of each, and what the others stand for. */
export interface VariableNames {
  readonly variables: Map<string, Variable>;
  /** Further names of shared Variables, and the name each is stored under. */
  readonly aliases: Map<string, string>;
}

export function variableNames(module: AnyModule): VariableNames {
  const variables = new Map(module.namedTensors());
  const first = new Map([...variables].map(([name, variable]) => [variable, name]));
  const aliases = new Map<string, string>();
  for (const [name, variable] of everyName(module)) if (!variables.has(name)) aliases.set(name, first.get(variable)!);
  return { variables, aliases };
}

/** A dotted name one step further down. */
export const join = (path: string, key: string) => (path ? `${path}.${key}` : key);
