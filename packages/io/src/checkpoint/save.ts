import { checkModule } from '@tessera-nn/core/internal';
import { ModuleError, option, optionsOf, type AnyModule, type Given } from '@tessera-nn/core';
import { writeBytes } from '../files/open.js';
import type { FileTarget } from '../files/place.js';
import { checkFinite, finiteOptions, nonFinite } from '../network/check-finite.js';
import { checkOwnClasses } from '../network/check-own-classes.js';
import { variableNames } from '../network/names.js';
import { readValues } from '../network/read-values.js';
import { writeSafetensors } from '../safetensors/safetensors.js';
import { halfTypes, narrowed, type HalfType } from '../tensors/narrow.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { describeNetwork } from './metadata.js';

const saveOptions = optionsOf('save', {
  ...finiteOptions,
  /** How floats are stored. float16 keeps 11 binary digits up to 65504, bfloat16 8 up to 3e38. Default float32, all of them. */
  dtype: option.oneOf('float32', ...halfTypes).or('float32'),
});
/** How `save` goes. */
export type SaveOptions = Given<typeof saveOptions>;

/**
 * Saves a network: blueprint, parameters and buffers, as one safetensors file, which other tools read too.
 *
 * A Variable that is shared is stored once. The same network gives the same bytes. In Node the file is replaced in one
 * step: a crash leaves the old one or the new one. Gradients, hooks, mode and what is frozen are not saved.
 *
 * @param target a path in Node, or a {@link Place}; without one the bytes are only returned.
 * @returns the bytes of the file.
 * @throws ModuleError when a weight is not finite or too large for `dtype`, an option of a module cannot be written, or a
 *   class of your own cannot be built again from its options; DataError when the file cannot be written.
 *
 * @example
 * await save(net, 'net.safetensors');
 * const copy = await load('net.safetensors');
 */
export async function save(net: AnyModule, target?: FileTarget, options: SaveOptions = {}): Promise<Uint8Array> {
  checkModule(net, 'save');
  const { allowNonFinite, dtype } = saveOptions.read(options);
  checkOwnClasses(net);
  const { variables, aliases } = variableNames(net);
  const values = await readValues(variables);
  if (!allowNonFinite) checkFinite(net, values);
  const tensors = dtype === 'float32' ? values : halved(net, values, dtype, allowNonFinite);
  const bytes = writeSafetensors(tensors, describeNetwork(net, aliases, tensors));
  if (target !== undefined) await writeBytes(target, bytes);
  return bytes;
}

/** @throws ModuleError naming what is finite and would not be any more. */
function halved(
  net: AnyModule,
  values: ReadonlyMap<string, StoredTensor>,
  dtype: HalfType,
  allowNonFinite: boolean,
): Map<string, StoredTensor> {
  const tensors = narrowed(values, dtype);
  const lost = allowNonFinite ? undefined : nonFinite(tensors);
  if (lost === undefined) return tensors;
  throw new ModuleError(`${net.label} has numbers that ${dtype} cannot hold: ${lost}`, {
    path: net.path,
    expected: dtype === 'float16' ? 'numbers up to 65504' : 'numbers up to 3.39e38',
    hint: dtype === 'float16' ? "dtype: 'bfloat16' holds them, with fewer digits" : 'Save it as float32',
  });
}
