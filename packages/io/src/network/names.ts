import { Module, ModuleError, Variable, type AnyModule } from '@tessera-nn/core';

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

/** More places than any network has. Containers that hold one another twice make their number explode. */
const MAX_PLACES = 100_000;

/** Every path that leads to a module; one that lies in a circle is not entered again. @throws ModuleError without end. */
export function everyModule(net: AnyModule): [string, AnyModule][] {
  const places: [string, AnyModule][] = [];
  const visit = (path: string, module: AnyModule, above: readonly AnyModule[]) => {
    if (above.includes(module)) return;
    if (places.length >= MAX_PLACES) {
      throw new ModuleError(`${net.label} holds modules in more than ${MAX_PLACES} places`, {
        path: net.path,
        hint: 'Its containers share modules that share modules; name each once',
      });
    }
    places.push([path, module]);
    for (const [key, child] of module.members()) {
      if (child instanceof Module) visit(join(path, key), child, [...above, module]);
    }
  };
  visit('', net, []);
  return places;
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

const join = (path: string, key: string) => (path ? `${path}.${key}` : key);
