import { DataError, type Blueprint } from '@tessera-nn/core';
import { blueprintText, checkDepth, parseBlueprint } from '../network/plain-blueprint.js';
import { fromPuzzleLibGraph, toPuzzleLibGraph, type NodeModules, type PuzzleLibGraph } from './puzzlelib-graph.js';
import { fromScheme, meanTheSame, toScheme, type Scheme } from './puzzlelib-schemes.js';

/** PuzzleLib's form of a blueprint: constructor arguments, and for containers modules by name and how they are wired. */
interface PuzzleLibNode extends Scheme, Partial<Omit<PuzzleLibGraph, 'graph'>> {
  readonly modules?: Record<string, PuzzleLibNode>;
  /** The order of the modules, or for a Graph its nodes. */
  readonly graph?: readonly string[] | PuzzleLibGraph['graph'];
  /** What PuzzleLib does not write and passes over: where a module came before, and names that share a Variable. */
  readonly sameAs?: string;
  readonly shared?: Record<string, string>;
  /** The same of our own class and options, where those above would come back as others. */
  readonly own?: Pick<Blueprint, 'className' | 'options'>;
}

/** A blueprint read from a file. */
export interface ReadBlueprint {
  readonly blueprint: Blueprint;
  /** What the file calls modules that could not keep their names, by their paths here: dots part the names of a path. */
  readonly names: ReadonlyMap<string, string>;
}

/** As deep as {@link parseBlueprint} goes. */
const MAX_DEPTH = 200;

/**
 * A blueprint as PuzzleLib writes it: sorted keys, indented by four.
 *
 * @param name of the network in the file.
 * @throws ModuleError as `blueprintText`.
 */
export function puzzleLibText(blueprint: Blueprint, name: string | undefined): string {
  const plain = JSON.parse(blueprintText(blueprint)) as Blueprint;
  const root = { ...plain, options: { ...plain.options, name } };
  return JSON.stringify(sortedKeys(toNode(root, root, name ?? null)), null, 4);
}

/**
 * The blueprint of a text that PuzzleLib or {@link puzzleLibText} wrote.
 *
 * @param nodes which module a node of another name runs, where the text leaves that open.
 * @throws DataError when it is not one.
 */
export function parsePuzzleLib(text: string, source: string, nodes: NodeModules = {}): ReadBlueprint {
  let node: unknown;
  checkDepth(text, source);
  try {
    node = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${source} holds a blueprint that is not JSON`, { path: source, cause });
  }
  const reader = new BlueprintReader(source, nodes);
  return { blueprint: parseBlueprint(JSON.stringify(reader.read(node, [])), source), names: reader.names };
}

/** @param called what the container calls it, for PuzzleLib, which asks the module; null where it has no name. */
function toNode(blueprint: Blueprint, root: Blueprint, called: string | null): PuzzleLibNode {
  const { sameAs, shared } = blueprint;
  // A module that came before is written in full, for PuzzleLib, which knows no references.
  const { className, options, modules } = sameAs === undefined ? blueprint : partAt(root, sameAs);
  const { order, ...rest } = options as { order?: readonly string[] };
  const { nodes, inputs, outputs, ...others } = rest as Parameters<typeof toPuzzleLibGraph>[0];
  const isGraph = className === 'Graph';
  const ours = isGraph ? others : rest;
  const { classname, scheme } = toScheme(className, ours);
  const read = fromScheme(classname, { ...scheme, name: called });
  const isExact = classname === className && meanTheSame(className, read, ours);
  const nameOf = (key: string, inner: Blueprint) => {
    const { name } = (inner.sameAs === undefined ? inner : partAt(root, inner.sameAs)).options;
    // PuzzleLib gives a module without a name that of its place, but in a Graph.
    return name === undefined && !isGraph && order?.[Number(key)] === key ? null : key;
  };
  return {
    classname,
    scheme: { ...scheme, name: called },
    ...(modules && { modules: mapValues(modules, (inner, key) => toNode(inner, root, nameOf(key, inner))) }),
    ...(order && { graph: order }),
    ...(isGraph && toPuzzleLibGraph({ nodes, inputs, outputs })),
    ...(sameAs !== undefined && { sameAs }),
    ...(shared && { shared }),
    ...(!isExact && { own: { className, options: ours } }),
  };
}

function partAt(root: Blueprint, path: string): Blueprint {
  const keys = path === '' ? [] : path.split('.');
  return keys.reduce((part, key) => part.modules![key]!, root);
}

/** Makes our form of a blueprint. Whatever is missing or of another kind is left for `parseBlueprint` to refuse. */
class BlueprintReader {
  readonly names = new Map<string, string>();

  constructor(
    readonly source: string,
    readonly nodes: NodeModules,
  ) {}

  /** @param path the names here of what lies around it, and its own. */
  read(written: unknown, path: readonly string[]): unknown {
    if (path.length > MAX_DEPTH || typeof written !== 'object' || written === null) return written;
    const node = written as PuzzleLibNode;
    const { classname, scheme, modules, graph, sameAs, shared, own } = node;
    const isGraph = classname === 'Graph';
    if (!isGraph && graph !== undefined && !Array.isArray(graph)) {
      throw new DataError(`${this.source} holds a ${classname} that is wired as a Graph`, {
        path: this.source,
        expected: 'a list of its modules',
        received: typeof graph,
      });
    }
    const keys = this.#keysFor(modules ?? {}, path);
    const key = (name: unknown) => (typeof name === 'string' ? (keys.get(name) ?? name) : name);
    const wired = isGraph
      ? fromPuzzleLibGraph({ ...node, key, modules: [...keys.keys()] }, this.source, this.nodes)
      : Array.isArray(graph) && { order: graph.map(key) };
    const inner = Object.entries(modules ?? {}).map(([name, module]) => {
      return [keys.get(name)!, this.read(module, [...path, keys.get(name)!])];
    });
    return {
      className: own?.className ?? classname,
      options: scheme && { ...(own?.options ?? this.#options(node, path)), ...(wired as object) },
      ...(modules && { modules: Object.fromEntries(inner) as unknown }),
      ...(sameAs !== undefined && { sameAs }),
      ...(shared !== undefined && { shared }),
    };
  }

  #options({ classname, scheme }: PuzzleLibNode, path: readonly string[]): object {
    const { name, ...options } = fromScheme(classname, scheme);
    if (typeof name !== 'string') return options;
    // A module whose name had a dot is called here as its container calls it.
    return { name: path.length > 0 && !isName(name) ? path.at(-1)! : name, ...options };
  }

  /** The names of modules here, by their names in the file. */
  #keysFor(modules: object, path: readonly string[]): Map<string, string> {
    const names = Object.keys(modules);
    const taken = new Set(names.filter(isName));
    return new Map(
      names.map((name) => {
        if (isName(name)) return [name, name];
        const plain = name.replaceAll('.', '_') || '_';
        let key = plain;
        for (let count = 2; taken.has(key); count++) key = `${plain}_${count}`;
        taken.add(key);
        this.names.set([...path, key].join('.'), name);
        return [name, key];
      }),
    );
  }
}

/** Whether a container here may call a module so. */
const isName = (name: string) => name !== '' && !name.includes('.');

function mapValues<T, R>(record: Record<string, T>, change: (value: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedKeys(inner)]));
}
