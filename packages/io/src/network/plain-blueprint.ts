// Blueprints as JSON text. JSON has no infinities, no NaN and no -0, and drops what it does not know without a word;
// options hold such numbers, and what cannot be written must be refused when saving, not found missing when loading.
import { DataError, ModuleError, type Blueprint } from '@tessera-nn/core';

const NUMBER_KEY = '$number';
const oddNumbers = new Map(
  [NaN, Infinity, -Infinity, -0].map((value) => [Object.is(value, -0) ? '-0' : `${value}`, value]),
);

/** Deeper than any network; a file that goes further is after the stack. */
const MAX_DEPTH = 200;

/** A blueprint as JSON text. @throws ModuleError when an option cannot be written, naming the module and the option. */
export function blueprintText(blueprint: Blueprint): string {
  return JSON.stringify(plainModule(blueprint, blueprint.className));
}

/** The blueprint of a text that {@link blueprintText} wrote. @throws DataError when it is none. */
export function parseBlueprint(text: string, source: string): Blueprint {
  let value: unknown;
  checkDepth(text, source);
  try {
    value = JSON.parse(text, (_, inner: unknown) => oddNumber(inner) ?? inner);
  } catch (cause) {
    throw new DataError(`${source} holds a blueprint that is not JSON`, { path: source, cause });
  }
  checkModule(value, source, 'the network', 0);
  return value;
}

/** Brackets within brackets: more than containers of containers need, and less than a stack holds. */
const MAX_NESTING = 5 * MAX_DEPTH;

/** @throws DataError for a text that goes so deep that reading it would run out of stack. */
export function checkDepth(text: string, source: string): void {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]+|\\.)*"|[[{}\]]/g)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth <= MAX_NESTING) continue;
    throw new DataError(`${source} holds a blueprint that goes too deep`, {
      path: source,
      expected: `at most ${MAX_DEPTH} containers in one another`,
    });
  }
}

function plainModule({ className, options, modules, ...rest }: Blueprint, path: string): unknown {
  const inner = Object.entries(modules ?? {}).map(([key, module]) => [key, plainModule(module, `${path}.${key}`)]);
  const written = { className, options: plain(options, path), ...(plain(rest, path) as object) };
  return modules ? { ...written, modules: Object.fromEntries(inner) as unknown } : written;
}

function plain(value: unknown, path: string, above: readonly object[] = []): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { [NUMBER_KEY]: Object.is(value, -0) ? '-0' : `${value}` };
  }
  const isArray = Array.isArray(value);
  const isRecord = !isArray && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
  if ((!isArray && !isRecord) || above.includes(value)) {
    throw new ModuleError(`The option ${path} cannot be written to a file`, {
      path,
      expected: 'null, a text, a number, true or false, or arrays and plain objects of these',
      received: typeof value === 'object' ? `${value.constructor?.name ?? 'an object'}` : typeof value,
      hint: 'Let the module give another option to its blueprint, one it can be rebuilt from',
    });
  }
  if (isArray) return value.map((inner: unknown, i) => plain(inner, `${path}[${i}]`, [...above, value]));
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(members.map(([key, inner]) => [key, plain(inner, `${path}.${key}`, [...above, value])]));
}

function oddNumber(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !(NUMBER_KEY in value)) return undefined;
  return oddNumbers.get(String(value[NUMBER_KEY]));
}

function checkModule(value: unknown, source: string, where: string, depth: number): asserts value is Blueprint {
  const refuse = (expected: string): never => {
    throw new DataError(`${source} holds a blueprint of which ${where} is not a module`, { path: source, expected });
  };
  if (depth > MAX_DEPTH) refuse(`at most ${MAX_DEPTH} containers in one another`);
  if (!isRecord(value)) return refuse('an object');
  const { className, options, modules, sameAs = '', shared = {} } = value;
  if (typeof className !== 'string') refuse('a className');
  if (!isRecord(options)) refuse('options');
  if (typeof sameAs !== 'string') refuse('sameAs to be a path');
  if (!isRecord(shared) || Object.values(shared).some((name) => typeof name !== 'string')) refuse('shared names');
  if (modules === undefined) return;
  if (!isRecord(modules)) return refuse('modules by name');
  for (const [key, inner] of Object.entries(modules)) checkModule(inner, source, `"${key}" in ${where}`, depth + 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
