// How PuzzleLib 1.0.2 writes the nodes of a Graph (Graph.getBlueprint), and what of ours it has no place for.
import { DataError } from '@tessera-nn/core';

/** What a node reads of another one: its name, and which entries of its list, all of them for null. */
type PuzzleLibEdge = readonly [parent: string, slots: readonly number[] | null];

/** PuzzleLib's form: nodes have the names of their modules, and the ends are always lists. */
export interface PuzzleLibGraph {
  readonly graph: Record<string, readonly PuzzleLibEdge[]>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Our own form, which PuzzleLib passes over, where the one above would come back as another graph. */
  readonly wiring?: Wiring;
}

/** The options of a Graph in our blueprints. */
interface Wiring {
  readonly nodes: readonly WrittenNode[];
  readonly inputs: string | readonly string[];
  readonly outputs: string | readonly string[];
}

interface WrittenNode {
  readonly name: string;
  readonly module: string;
  readonly parents: readonly (string | readonly [string, number | readonly number[]])[];
}

/** A graph's options as PuzzleLib writes them, with ours beside them where they say more. */
export function toPuzzleLibGraph({ nodes, inputs, outputs }: Wiring): PuzzleLibGraph {
  const edge = (parent: WrittenNode['parents'][number]): PuzzleLibEdge =>
    typeof parent === 'string' ? [parent, null] : [parent[0], [parent[1]].flat()];
  return {
    graph: Object.fromEntries(nodes.map(({ name, parents }) => [name, parents.map(edge)])),
    inputs: [inputs].flat(),
    outputs: [outputs].flat(),
    ...(!isPuzzleLibs({ nodes, inputs, outputs }) && { wiring: { nodes, inputs, outputs } }),
  };
}

/** Whether PuzzleLib's form says all of it: there a node runs its namesake, slots are lists, and one end is not a list. */
function isPuzzleLibs({ nodes, inputs, outputs }: Wiring): boolean {
  const fits = ({ name, module, parents }: WrittenNode) =>
    name === module && parents.every((parent) => typeof parent === 'string' || typeof parent[1] !== 'number');
  const isListOfOne = (ends: string | readonly string[]) => typeof ends !== 'string' && ends.length === 1;
  return nodes.every(fits) && !isListOfOne(inputs) && !isListOfOne(outputs);
}

/** Which module a node runs, by the names that the file has for both. */
export type NodeModules = Readonly<Record<string, string>>;

/** What a file says of a graph; anything may stand there. */
interface GraphInFile extends Partial<Record<keyof PuzzleLibGraph, unknown>> {
  /** The names of its modules. */
  readonly modules: readonly string[];
  /** What is called here as a module is in the file. */
  readonly key: (name: unknown) => unknown;
}

/**
 * A graph's options from PuzzleLib's form or ours. What its names lead to is left to those who build the graph.
 *
 * @throws DataError when the file holds something else in their place, or does not say which modules its nodes run.
 */
export function fromPuzzleLibGraph(written: GraphInFile, source: string, told: NodeModules): unknown {
  const { graph, inputs, outputs, wiring, key } = written;
  if (wiring !== undefined) return wiring;
  const refuse = (what: string, expected = 'for each node a list of [parent, slots or null]'): never => {
    throw new DataError(`${source} holds a graph whose ${what} cannot be read`, { path: source, expected });
  };
  if (typeof graph !== 'object' || graph === null) return refuse('nodes');
  const parent = (edge: unknown) => {
    const [name, slots] = Array.isArray(edge) ? (edge as unknown[]) : [];
    if (typeof name !== 'string') return refuse('nodes');
    return slots === null || slots === undefined ? key(name) : [key(name), slots];
  };
  const ends = (what: string, names: unknown) => {
    const isNames = Array.isArray(names) && names.every((name) => typeof name === 'string');
    return isNames && names.length > 0
      ? names.length === 1
        ? key(names[0])
        : names.map(key)
      : refuse(what, 'a list of names');
  };
  const moduleOf = modulesOf(Object.keys(graph), written.modules, told, source);
  const nodes = Object.entries(graph).map(([name, edges]: [string, unknown]) => {
    if (!Array.isArray(edges)) return refuse('nodes');
    return { name: key(name), module: key(moduleOf(name)), parents: edges.map(parent) };
  });
  return { nodes, inputs: ends('inputs', inputs), outputs: ends('outputs', outputs) };
}

/** Which module each node runs: PuzzleLib does not write it, and a node may have been given a name of its own. */
function modulesOf(nodes: readonly string[], modules: readonly string[], told: NodeModules, source: string) {
  const given = (name: string) => (Object.hasOwn(told, name) ? told[name] : undefined);
  const renamed = nodes.filter((name) => !modules.includes(name) && given(name) === undefined);
  const taken = new Set(nodes.map((name) => given(name) ?? name));
  const left = modules.filter((name) => !taken.has(name));
  if (renamed.length > 1 && left.length > 0) {
    throw new DataError(`${source} does not say which modules the nodes ${listed(renamed)} run`, {
      path: source,
      expected: `one of the modules ${listed(left)} for each`,
      hint: `Pass nodes: { ${JSON.stringify(renamed[0])}: ${JSON.stringify(left[0])}, … }, or build the network in code and use loadHdf5`,
    });
  }
  return (name: string) => given(name) ?? (renamed.length === 1 && renamed[0] === name ? (left[0] ?? name) : name);
}

const listed = (names: readonly string[]) => names.map((name) => JSON.stringify(name)).join(', ');
