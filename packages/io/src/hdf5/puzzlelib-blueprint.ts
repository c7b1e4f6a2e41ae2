import { DataError, type Blueprint } from '@tessera-nn/core';
import { blueprintText, checkDepth, parseBlueprint } from '../network/plain-blueprint.js';
import { fromPuzzleLibGraph, toPuzzleLibGraph, type PuzzleLibGraph } from './puzzlelib-graph.js';

/** PuzzleLib's form of a blueprint: constructor arguments, and for containers modules by name and how they are wired. */
interface PuzzleLibNode extends Partial<Omit<PuzzleLibGraph, 'graph'>> {
  readonly classname: string;
  readonly scheme: Record<string, unknown>;
  readonly modules?: Record<string, PuzzleLibNode>;
  /** The order of the modules, or for a Graph its nodes. */
  readonly graph?: readonly string[] | PuzzleLibGraph['graph'];
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

/** @throws DataError when the text is not a blueprint. */
export function parsePuzzleLib(text: string, source: string): Blueprint {
  let node: unknown;
  checkDepth(text, source);
  try {
    node = JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${source} holds a blueprint that is not JSON`, { path: source, cause });
  }
  return parseBlueprint(JSON.stringify(fromNode(node as PuzzleLibNode, source, 0)), source);
}

function toNode(blueprint: Blueprint, root: Blueprint): PuzzleLibNode {
  const { sameAs, shared } = blueprint;
  // A module that came before is written in full, for PuzzleLib, which knows no references.
  const { className, options, modules } = sameAs === undefined ? blueprint : partAt(root, sameAs);
  const { order, ...rest } = options as { order?: readonly string[] };
  const { nodes, inputs, outputs, ...others } = rest as Parameters<typeof toPuzzleLibGraph>[0];
  const isGraph = className === 'Graph';
  return {
    classname: className,
    scheme: { name: null, ...(isGraph ? others : rest) },
    ...(modules && { modules: mapValues(modules, (inner) => toNode(inner, root)) }),
    ...(order && { graph: order }),
    ...(isGraph && toPuzzleLibGraph({ nodes, inputs, outputs })),
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
  const { name, ...options } = scheme ?? {};
  const isGraph = classname === 'Graph';
  if (!isGraph && graph !== undefined && !Array.isArray(graph)) {
    throw new DataError(`${source} holds a ${classname} that is wired as a Graph`, {
      path: source,
      expected: 'a list of its modules',
      received: typeof graph,
    });
  }
  const wired = isGraph ? fromPuzzleLibGraph(node, source) : graph && { order: graph };
  return {
    className: classname,
    options: scheme && { ...(typeof name === 'string' && { name }), ...options, ...(wired as object) },
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
