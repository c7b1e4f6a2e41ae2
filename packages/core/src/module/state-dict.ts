import { ModuleError, nearestName } from '@tessera/kernels';
import { Variable } from '../variable/variable.js';
import type { Module } from './module.js';

/** Values of parameters and buffers by dotted path. */
export type StateDict = Record<string, { shape: readonly number[]; values: Float32Array | Int32Array | Uint8Array }>;

/** Reads all parameters and buffers of a module. */
export async function stateDict(module: Module): Promise<StateDict> {
  const entries = [...module.namedTensors()].map(async ([path, variable]) => {
    return [path, { shape: [...variable.shape], values: await variable.values() }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Puts values into a module's parameters and buffers. Everything is checked before anything changes.
 *
 * @throws ModuleError listing what is missing, unexpected, or of another shape or number type.
 */
export function loadStateDict(module: Module, state: StateDict): void {
  const own = new Map(module.namedTensors());
  const problems: string[] = [];
  for (const [path, variable] of own) {
    const given = state[path];
    if (!given) problems.push(`missing "${path}" [${variable.shape.join(', ')}]`);
    else if (given.shape.join() !== variable.shape.join()) {
      problems.push(`"${path}" is [${given.shape.join(', ')}] there and [${variable.shape.join(', ')}] here`);
    } else if (dtypeOf(given.values) !== variable.dtype) {
      problems.push(`"${path}" holds ${dtypeOf(given.values)} there and ${variable.dtype} here`);
    } else if (given.values.length !== variable.size) {
      problems.push(`"${path}" [${given.shape.join(', ')}] comes with ${given.values.length} values`);
    }
  }
  for (const path of Object.keys(state)) {
    if (own.has(path)) continue;
    const near = nearestName(path, [...own.keys()]);
    problems.push(`unexpected "${path}"${near ? ` (nearest: "${near}")` : ''}`);
  }
  if (problems.length > 0) {
    throw new ModuleError(`The state does not fit ${module.label}: ${problems.join('; ')}`, { path: module.path });
  }
  const loaded = [...own].map(([path, variable]) => {
    const { shape, values } = state[path]!;
    return [variable, new Variable(values, { shape, dtype: variable.dtype })] as const;
  });
  for (const [variable, values] of loaded) {
    variable.set(values);
    values.dispose();
  }
}

function dtypeOf(values: StateDict[string]['values']): string {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Int32Array) return 'int32';
  return values instanceof Uint8Array ? 'bool' : 'no typed array';
}
