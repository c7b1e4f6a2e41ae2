import {
  ModuleError,
  option,
  optionsOf,
  type AnyModule,
  type Given,
  type Module,
  type Variable,
} from '@tessera-nn/core';
import { everyModule, sameShape, shapeText, unexpectedName } from '@tessera-nn/core/internal';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { convert, type HostValues } from '../network/convert.js';
import { everyName } from '../network/names.js';
import { isFreeKey, putValues, type AddedBuffer } from '../network/put-values.js';
import { Problems } from '../network/problems.js';
import { networkOptions, rebuild, valueLimit } from '../network/rebuild.js';
import { share } from '../network/share.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import { isHalf } from '../tensors/narrow.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { checkClassVersions, readMetadata } from './metadata.js';

/** The number types of Variables. */
const dtypes = ['float32', 'int32', 'bool'] as const;

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
  const about = readMetadata(metadata, tensors, { source, verifyChecksum });
  const { blueprint, aliases, classVersions } = about;
  const stored = [...tensors.keys(), ...aliases.values()].map((name) => tensors.get(name)?.values.length ?? 0);
  const values = stored.reduce((sum, count) => sum + count, 0);
  const limit = maxValues ?? valueLimit(values, bytes.length);
  const net = rebuild(blueprint, { modules, source, limit });
  try {
    checkClassVersions(net, classVersions, source);
    const added = addedBuffers(net, tensors, about.buffers);
    putValues(fittingValues(net, tensors, { aliases, added }, source), [...added.values()]);
    for (const [alias, name] of aliases) {
      const named = new Map(everyName(net));
      const old = named.get(alias);
      if (old) share(net, alias, old, named.get(name)!);
      else net.setAttr(alias, named.get(name)!);
    }
    return net as Loaded;
  } catch (error) {
    net.dispose();
    throw error;
  }
}

/** Where a buffer of a dotted name would be added; undefined where there is something else, or no module. */
function placeToAdd(net: AnyModule, name: string): { module: AnyModule; key: string } | undefined {
  const at = name.lastIndexOf('.');
  const [path, key] = [name.slice(0, Math.max(0, at)), name.slice(at + 1)];
  const module = new Map(everyModule(net)).get(path);
  return module && isFreeKey(module, key) ? { module, key } : undefined;
}

/** What `setAttr` had put into modules that are built without it, by name. */
function addedBuffers(
  net: AnyModule,
  tensors: ReadonlyMap<string, StoredTensor>,
  buffers: ReadonlySet<string>,
): Map<string, AddedBuffer> {
  const named = new Set(Array.from(everyName(net), ([name]) => name));
  const added = new Map<string, AddedBuffer>();
  for (const [name, tensor] of tensors) {
    const place = buffers.has(name) && !named.has(name) ? placeToAdd(net, name) : undefined;
    const dtype = isHalf(tensor.dtype) ? 'float32' : dtypes.find((type) => type === tensor.dtype);
    const values = dtype && convert(tensor, dtype);
    if (place && dtype && typeof values === 'object') added.set(name, { ...place, dtype, shape: tensor.shape, values });
  }
  return added;
}

/** The values for each Variable. @throws ModuleError listing everything that is missing, unexpected or does not fit. */
function fittingValues(
  net: AnyModule,
  tensors: ReadonlyMap<string, StoredTensor>,
  { aliases, added }: { aliases: ReadonlyMap<string, string>; added: ReadonlyMap<string, AddedBuffer> },
  source: string,
): Map<Variable, HostValues> {
  const named = new Map(everyName(net));
  const problems = new Problems();
  const values = new Map<Variable, HostValues>();
  for (const [name, tensor] of tensors) {
    const variable = named.get(name);
    if (added.has(name)) continue;
    if (!variable) problems.add(() => unexpectedName(name, [...named.keys()]));
    else if (!sameShape(tensor.shape, variable.shape)) {
      problems.add(
        () => `"${name}" is ${shapeText(tensor.shape)} in the file and ${shapeText(variable.shape)} in its network`,
      );
    } else {
      const stored = isHalf(tensor.dtype) ? 'float32' : tensor.dtype;
      const converted = stored === variable.dtype ? convert(tensor, variable.dtype) : `holds ${tensor.dtype}`;
      if (typeof converted === 'string')
        problems.add(() => `"${name}" ${converted} and is ${variable.dtype} in its network`);
      else values.set(variable, converted);
    }
  }
  for (const [alias, name] of aliases) {
    const [variable, shared] = [named.get(alias), named.get(name)];
    if (!variable && (added.has(name) || shared?.isParameter === false) && placeToAdd(net, alias)) continue;
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
