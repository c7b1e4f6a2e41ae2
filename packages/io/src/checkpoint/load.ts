import {
  ModuleError,
  option,
  optionsOf,
  type AnyModule,
  type Given,
  type Module,
  type Variable,
} from '@tessera-nn/core';
import { sameShape, shapeText, unexpectedName } from '@tessera-nn/core/internal';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { convert, type HostValues } from '../network/convert.js';
import { everyName } from '../network/names.js';
import { putValues } from '../network/put-values.js';
import { Problems } from '../network/problems.js';
import { networkOptions, rebuild, valueLimit } from '../network/rebuild.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { checkClassVersions, readMetadata } from './metadata.js';

const loadOptions = optionsOf('load', {
  ...networkOptions,
  /** Whether the tensors must be those that were saved. Default true; false after another program changed them. */
  verifyChecksum: option.flag.or(true),
});
/** How `load` goes. */
export type LoadOptions = Given<typeof loadOptions>;

/**
 * Rebuilds a network that {@link save} wrote, with its weights and buffers, in train mode.
 *
 * Names that shared one Variable share one again. The shared random stream stays where it is. The caller says what kind
 * of module it is, where it is none from one Variable to another: `load<Graph>(file)`.
 *
 * @throws DataError when the file cannot be read, is damaged, or holds no network; ModuleError when it names a class that
 *   is not known, or its tensors do not fit its blueprint. Nothing is left behind then.
 */
export async function load<Loaded extends AnyModule = Module>(
  file: FileSource,
  options: LoadOptions = {},
): Promise<Loaded> {
  const { modules, verifyChecksum, maxValues } = loadOptions.read(options);
  const { name: source, bytes } = await openFile(file);
  const { tensors, metadata } = readSafetensors(bytes, source);
  const { blueprint, aliases, classVersions } = readMetadata(metadata, tensors, { source, verifyChecksum });
  const stored = [...tensors.keys(), ...aliases.values()].map((name) => tensors.get(name)?.values.length ?? 0);
  const values = stored.reduce((sum, count) => sum + count, 0);
  const limit = maxValues ?? valueLimit(values, bytes.length);
  const net = rebuild(blueprint, { modules, source, limit });
  try {
    checkClassVersions(net, classVersions, source);
    putValues(fittingValues(net, tensors, aliases, source));
    for (const [alias, name] of aliases) share(net, alias, name);
    return net as Loaded;
  } catch (error) {
    net.dispose();
    throw error;
  }
}

/** The values for each Variable. @throws ModuleError listing everything that is missing, unexpected or does not fit. */
function fittingValues(
  net: AnyModule,
  tensors: ReadonlyMap<string, StoredTensor>,
  aliases: ReadonlyMap<string, string>,
  source: string,
): Map<Variable, HostValues> {
  const named = new Map(everyName(net));
  const problems = new Problems();
  const values = new Map<Variable, HostValues>();
  for (const [name, tensor] of tensors) {
    const variable = named.get(name);
    if (!variable) problems.add(() => unexpectedName(name, [...named.keys()]));
    else if (!sameShape(tensor.shape, variable.shape)) {
      problems.add(
        () => `"${name}" is ${shapeText(tensor.shape)} in the file and ${shapeText(variable.shape)} in its network`,
      );
    } else {
      const converted = tensor.dtype === variable.dtype ? convert(tensor, variable.dtype) : `holds ${tensor.dtype}`;
      if (typeof converted === 'string')
        problems.add(() => `"${name}" ${converted} and is ${variable.dtype} in its network`);
      else values.set(variable, converted);
    }
  }
  for (const [alias, name] of aliases) {
    const [variable, shared] = [named.get(alias), named.get(name)];
    if (!variable) problems.add(() => unexpectedName(alias, [...named.keys()]));
    else if (!shared || !tensors.has(name))
      problems.add(() => `"${alias}" stands for "${name}", which is not in the file`);
    else if (!sameShape(shared.shape, variable.shape) || shared.isParameter !== variable.isParameter) {
      problems.add(
        () => `"${alias}" ${shapeText(variable.shape)} cannot stand for "${name}" ${shapeText(shared.shape)}`,
      );
    }
  }
  for (const [name, variable] of named) {
    if (!values.has(variable) && !aliases.has(name))
      problems.add(() => `missing "${name}" ${shapeText(variable.shape)}`);
  }
  if (problems.count === 0) return values;
  throw new ModuleError(`${source} does not fit the network that it describes: ${String(problems)}`, {
    path: source,
    hint: 'It was changed after it was saved, or a class of yours was',
  });
}

/** Puts the Variable of one name under another as well. */
function share(net: AnyModule, alias: string, name: string): void {
  const named = new Map(everyName(net));
  const [old, shared] = [named.get(alias)!, named.get(name)!];
  if (old === shared) return;
  const { requiresGrad } = shared;
  if (shared.isParameter) net.setVar(alias, shared);
  else net.setAttr(alias, shared);
  shared.requiresGrad = requiresGrad; // both make it learn or not, whatever it did before
  old.dispose();
}
