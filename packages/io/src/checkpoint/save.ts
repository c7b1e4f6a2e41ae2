import { checkModule } from '@tessera-nn/core/internal';
import { optionsOf, type AnyModule, type Given } from '@tessera-nn/core';
import { writeBytes } from '../files/open.js';
import type { FileTarget } from '../files/place.js';
import { checkFinite, finiteOptions } from '../network/check-finite.js';
import { checkOwnClasses } from '../network/check-own-classes.js';
import { variableNames } from '../network/names.js';
import { readValues } from '../network/read-values.js';
import { writeSafetensors } from '../safetensors/safetensors.js';
import { describeNetwork } from './metadata.js';

const saveOptions = optionsOf('save', finiteOptions);
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
 * @throws ModuleError when a weight is not finite, an option of a module cannot be written, or a class of your own cannot be built again from its
 *   options; DataError when the file cannot be written.
 *
 * @example
 * await save(net, 'net.safetensors');
 * const copy = await load('net.safetensors');
 */
export async function save(net: AnyModule, target?: FileTarget, options: SaveOptions = {}): Promise<Uint8Array> {
  checkModule(net, 'save');
  const { allowNonFinite } = saveOptions.read(options);
  checkOwnClasses(net);
  const { variables, aliases } = variableNames(net);
  const tensors = await readValues(variables);
  if (!allowNonFinite) checkFinite(net, tensors);
  const bytes = writeSafetensors(tensors, describeNetwork(net, aliases, tensors));
  if (target !== undefined) await writeBytes(target, bytes);
  return bytes;
}
