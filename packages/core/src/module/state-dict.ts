import { checkModule } from './check-module.js';
import { isPlainObject, option, optionsOf, type Given } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Variable } from '../variable/variable.js';
import { join } from './module-tree.js';
import type { AnyModule } from './module.js';

/** One tensor on the host. */
export interface StateEntry {
  shape: readonly number[];
  values: Float32Array | Int32Array | Uint8Array;
}

/** Values of parameters and buffers on the host, by dotted path. */
export type StateDict = Record<string, StateEntry>;

/** Parameters and buffers where they lie, by dotted path. */
export type VariableDict = Record<string, Variable>;

/** What one parameter or buffer can be loaded from. A null leaves it as it is, where loading is not strict. */
export type StateSource = StateEntry | Variable | Tensor | null | undefined;

export const stateDictOptions = optionsOf('stateDict', {
  /** MegEngine's name for an object that the entries are put into, and which is returned. Default a new one. */
  rst: option.kind<Record<string, unknown>>('an object', isPlainObject).or(null),
  /** Put in front of every name, with a dot. Default none. */
  prefix: option.text.or(''),
  /** Gives the module's own Variables instead of a picture of their values. Default false. */
  keepVar: option.flag.or(false),
  /** `cpu` for a promise of values on the host. Default: Variables where they lie. */
  to: option.oneOf('cpu').optional,
});
export type StateDictOptions = Given<typeof stateDictOptions>;

/** Reads all parameters and buffers of a module, shared ones once, under the name that comes first. */
export async function stateDict(module: AnyModule, options: StateDictOptions = {}): Promise<StateDict> {
  checkModule(module, 'stateDict');
  const { prefix, rst } = stateDictOptions.read(options);
  const entries = [...module.namedTensors({ prefix })].map(async ([path, variable]) => {
    return [path, { shape: [...variable.shape], values: await variable.values() }] as const;
  });
  return Object.assign(rst ?? {}, Object.fromEntries(await Promise.all(entries)));
}

/** The same without reading: values are shared with the module until either side changes. */
export function variableDict(module: AnyModule, options: StateDictOptions = {}): VariableDict {
  const { prefix, keepVar, rst } = stateDictOptions.read(options);
  const entries = [...module.namedTensors()];
  const dict = Object.fromEntries(
    entries.map(([path, variable]) => [join(prefix, path), keepVar ? variable : variable.detach()]),
  );
  return Object.assign(rst ?? {}, dict);
}
