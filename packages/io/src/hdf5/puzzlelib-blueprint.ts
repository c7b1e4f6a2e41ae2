import { DataError, type Blueprint } from '@tessera/core';
import { blueprintText, parseBlueprint } from '../network/plain-blueprint.js';

/** PuzzleLib's form of a blueprint: constructor arguments, and for containers modules by name and their order. */
interface PuzzleLibNode {
  readonly classname: string;
  readonly scheme: Record<string, unknown>;
  readonly modules?: Record<string, PuzzleLibNode>;
  readonly graph?: readonly string[];
  /** What PuzzleLib does not write and passes over: where a module came before, and names that share a Variable. */
  readonly sameAs?: string;
  readonly shared?: Record<string, string>;
}

/** As deep as {@link parseBlueprint} goes. */
const MAX_DEPTH = 200;

/** A blueprint as PuzzleLib writes it: sorted keys, indented by four. @throws ModuleError as `blueprintText`. */
export function puzzleLibText(blueprint: Blueprint): string {
  const plain = JSON.parse(blueprintText(blueprint)) as Blueprint;
  return JSON.stringify(sortedKeys(toNode(plain, plain)), null, 4);
}

/** @throws DataError when the text is no blueprint, or one of a container that is wired as a graph. */
export function parsePuzzleLib(text: string, source: string): Blueprint {
  let node: unknown;
  try {
    node = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${source} holds a blueprint that is no JSON`, { path: source, cause });
  }
  return parseBlueprint(JSON.stringify(fromNode(node as PuzzleLibNode, source, 0)), source);
}

function toNode(blueprint: Blueprint, root: Blueprint): PuzzleLibNode {
  const { sameAs, shared } = blueprint;
  // A module that came before is written in full, for PuzzleLib, which knows no references.
  const { className, options, modules } = sameAs === undefined ? blueprint : partAt(root, sameAs);
  const { order, ...scheme } = options as { order?: readonly string[] };
  return {
    classname: className,
    scheme: { name: null, ...scheme },
    ...(modules && { modules: mapValues(modules, (inner) => toNode(inner, root)) }),
    ...(order && { graph: order }),
    ...(sameAs !== undefined && { sameAs }),
    ...(shared && { shared }),
  };
}

function partAt(root: Blueprint, path: string): Blueprint {
  const keys = path === '' ? [] : path.split('.');
  return keys.reduce((part, key) => part.modules![key]!, root);
}

/** Whatever is missing or of another kind is left for `parseBlueprint` to refuse. */
function fromNode(node: PuzzleLibNode | null, source: string, depth: number): unknown {
  if (depth > MAX_DEPTH || typeof node !== 'object' || node === null) return node;
  const { classname, scheme, modules, graph, sameAs, shared } = node;
  if (graph !== undefined && !Array.isArray(graph)) {
    throw new DataError(`${source} holds a network whose modules are wired as a graph`, {
      path: source,
      expected: 'a Sequential',
      received: `${classname}`,
      hint: 'Build the network in code and use loadHdf5(net, file)',
    });
  }
  const { name, ...options } = scheme ?? {};
  return {
    className: classname,
    options: scheme && { ...(typeof name === 'string' && { name }), ...options, ...(graph && { order: graph }) },
    ...(modules && { modules: mapValues(modules, (inner) => fromNode(inner, source, depth + 1)) }),
    ...(sameAs !== undefined && { sameAs }),
    ...(shared !== undefined && { shared }),
  };
}

function mapValues<T, R>(record: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedKeys(inner)]));
}
