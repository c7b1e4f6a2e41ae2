import { checkModule } from './check-module.js';
import { Tensor } from '@tensorflow/tfjs-core';
import {
  currentBackend,
  ModuleError,
  nearestName,
  shapeText,
  option,
  optionsOf,
  type Given,
} from '@tessera-nn/kernels';
import { isUnwantedPromise } from '../unwanted-promise.js';
import { Variable } from '../variable/variable.js';
import { join } from './module-tree.js';
import type { AnyModule } from './module.js';
import { variableAt } from './names.js';
import type { StateEntry, StateSource } from './state-dict.js';

/** Gives what to load into a parameter or buffer, or nothing to leave it as it is. */
export type StateReader = (path: string, variable: Variable) => StateSource;

const options = optionsOf('loadStateDict', {
  /** Whether every name must be there and no other. Shapes and number types must fit in any case. Default true. */
  strict: option.flag.or(true),
  /** Reads the names below this one, and looks at no others. Default all. */
  prefix: option.text.or(''),
});
export type LoadStateOptions = Given<typeof options>;

/** Which names had no values, and which values no name. Both are empty after a strict load. */
export interface LoadReport {
  missing: string[];
  unexpected: string[];
}

type Source = StateEntry | Variable | Tensor;

/**
 * Puts values into a module's parameters and buffers. Everything is checked before anything changes; Variables stay the
 * same objects and keep their number types. A shared parameter may come under any of its names.
 *
 * @throws ModuleError listing what is missing, unexpected, or of another shape or number type; nothing is changed then.
 */
export function loadStateDict(
  module: AnyModule,
  state: Record<string, StateSource> | StateReader,
  how: LoadStateOptions = {},
): LoadReport {
  checkModule(module, 'loadStateDict');
  const { strict, prefix } = options.read(how);
  const names = new Map([...module.namedTensors()].map(([name, variable]) => [variable, join(prefix, name)]));
  const { given, unexpected, problems } =
    typeof state === 'function' ? ask(state, names) : match(module, state, prefix);
  const missing: string[] = [];
  const listed: string[] = [];
  for (const [variable, name] of names) {
    if (given.has(variable)) continue;
    missing.push(name);
    listed.push(`missing "${name}" ${shapeText(variable.shape)}`);
  }
  if (!strict) listed.length = 0;
  listed.push(...problems);
  for (const [variable, { path, source }] of given) listed.push(...misfits(path, source, variable));
  if (strict) {
    for (const path of unexpected) listed.push(unexpectedName(path, [...names.values()]));
  }
  if (listed.length > 0) {
    throw new ModuleError(`The state does not fit ${module.label}: ${listed.join('; ')}`, { path: module.path });
  }
  put(given);
  return { missing, unexpected };
}

/** What a list of problems says of a name in a file or state that the module does not have. */
export function unexpectedName(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return `unexpected "${name}"${near === undefined ? '' : ` (nearest: "${near}")`}`;
}

type Sources = Map<Variable, { path: string; source: Source }>;

/** What a closure returns for each of the module's names. */
function ask(
  read: StateReader,
  names: Map<Variable, string>,
): { given: Sources; unexpected: string[]; problems: string[] } {
  const given: Sources = new Map();
  const problems: string[] = [];
  for (const [variable, path] of names) {
    const source: unknown = read(path, variable);
    if (source === null || source === undefined) continue;
    if (isUnwantedPromise(source)) {
      problems.push(`"${path}" comes as a Promise: await what is needed before loading`);
    } else given.set(variable, { path, source: source as Source });
  }
  return { given, unexpected: [], problems };
}

/** Which Variable each entry of a dictionary is for. */
function match(
  module: AnyModule,
  state: Record<string, StateSource>,
  prefix: string,
): { given: Sources; unexpected: string[]; problems: string[] } {
  if (typeof state !== 'object' || state === null) {
    throw new ModuleError(`A state cannot be loaded into ${module.label} from this`, {
      path: module.path,
      expected: 'an object of values by path, or a function that gives them',
      received: String(state),
    });
  }
  const given: Sources = new Map();
  const unexpected: string[] = [];
  const problems: string[] = [];
  for (const [path, source] of Object.entries(state)) {
    if (prefix && !path.startsWith(`${prefix}.`)) continue;
    const variable = variableAt(module, prefix ? path.slice(prefix.length + 1) : path);
    if (!variable) unexpected.push(path);
    if (!variable || source === null || source === undefined) continue;
    const other = given.get(variable);
    if (!other) given.set(variable, { path, source });
    else if (!sameValues(other.source, source)) {
      problems.push(`"${other.path}" and "${path}" are one shared Variable here and come with different values`);
    }
  }
  return { given, unexpected, problems };
}

/** What is wrong with the values for a Variable, if anything. */
function misfits(path: string, source: Source, variable: Variable): string[] {
  const here = shapeText(variable.shape);
  const { shape } = source;
  const dtype = dtypeOf(source);
  if (!Array.isArray(shape)) return [`"${path}" comes without a shape, it is ${here} here`];
  const there = shapeText(shape);
  if (there !== here) return [`"${path}" is ${there} there and ${here} here`];
  if (dtype !== variable.dtype) return [`"${path}" holds ${dtype} there and ${variable.dtype} here`];
  if (source instanceof Variable || source instanceof Tensor) {
    const released = source instanceof Variable ? source.released : source.isDisposed;
    return released ? [`"${path}" was already released`] : [];
  }
  return source.values.length === variable.size ? [] : [`"${path}" ${there} comes with ${source.values.length} values`];
}

function dtypeOf(source: Source): string {
  if (source instanceof Variable || source instanceof Tensor) return source.dtype;
  const { values } = source;
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Int32Array) return 'int32';
  return values instanceof Uint8Array ? 'bool' : 'no typed array';
}

/** Compared by bits, so that NaN equals itself. What lies on a GPU is not read back: it is the same or it differs. */
function sameValues(a: Source, b: Source): boolean {
  if (a === b || (a instanceof Variable && b instanceof Variable && a.storage === b.storage)) return true;
  const [left, right] = [bytesOf(a), bytesOf(b)];
  return left !== undefined && left.length === right?.length && left.every((byte, i) => byte === right[i]);
}

function bytesOf(source: Source): Uint8Array | undefined {
  const onDevice = source instanceof Variable || source instanceof Tensor;
  if (onDevice && currentBackend() === 'webgl') return undefined;
  const values =
    source instanceof Variable ? source.data.dataSync() : source instanceof Tensor ? source.dataSync() : source.values;
  if (!ArrayBuffer.isView(values)) return undefined;
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Brings everything into tensor memory first: if that fails, nothing has changed. */
function put(given: Sources): void {
  const made: Variable[] = [];
  const next: [Variable, Variable][] = [];
  try {
    for (const [variable, { source }] of given) {
      const values =
        source instanceof Variable
          ? source
          : source instanceof Tensor
            ? new Variable(source)
            : new Variable(source.values, { shape: source.shape, dtype: variable.dtype });
      if (values !== source) made.push(values);
      next.push([variable, values]);
    }
    for (const [variable, values] of next) variable.replaceStorage(values.storage.retain());
  } finally {
    for (const variable of made) variable.dispose();
  }
}
