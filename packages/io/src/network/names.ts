import { Variable, type Module } from '@tessera/core';

/** Every name under which a network reaches a Variable; a shared Variable comes once for each of them. */
export function* everyName(module: Module): Iterable<[string, Variable]> {
  for (const [path, holder] of everyModule(module)) {
    for (const [key, member] of holder.members()) if (member instanceof Variable) yield [join(path, key), member];
  }
}

/** Every path that leads to a module; one that lies in a circle is not entered again. */
function* everyModule(module: Module, path = '', above: readonly Module[] = []): Iterable<[string, Module]> {
  if (above.includes(module)) return;
  yield [path, module];
  for (const [key, child] of module.namedChildren()) yield* everyModule(child, join(path, key), [...above, module]);
}

/** The names of a network's Variables: the first of each, and what the others stand for. */
export interface VariableNames {
  readonly variables: Map<string, Variable>;
  /** Further names of shared Variables, and the name each is stored under. */
  readonly aliases: Map<string, string>;
}

export function variableNames(module: Module): VariableNames {
  const variables = new Map(module.namedTensors());
  const first = new Map([...variables].map(([name, variable]) => [variable, name]));
  const aliases = new Map<string, string>();
  for (const [name, variable] of everyName(module)) if (!variables.has(name)) aliases.set(name, first.get(variable)!);
  return { variables, aliases };
}

const join = (path: string, key: string) => (path ? `${path}.${key}` : key);
