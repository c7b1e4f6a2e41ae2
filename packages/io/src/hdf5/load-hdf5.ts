import {
  ModuleError,
  nearestName,
  option,
  optionsOf,
  type AnyModule,
  type Given,
  type Module,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { BatchNorm2D } from '@tessera-nn/modules';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { convert, type HostValues } from '../network/convert.js';
import { Problems } from '../network/problems.js';
import { putValues } from '../network/put-values.js';
import { networkOptions, rebuild, valueLimit } from '../network/rebuild.js';
import { elementsOf, type StoredTensor } from '../tensors/stored-tensor.js';
import type { Dataset } from './dataset.js';
import { parsePuzzleLib } from './puzzlelib-blueprint.js';
import { ATTRS, BLUEPRINT, LINKS, namingOptions, PARAMS, placesOf, type FilePlace } from './puzzlelib-names.js';
import { openHdf5, type Hdf5File } from './read-hdf5.js';

/** Puts another tensor in place of one of the file, for one whose shape has changed; undefined keeps it. */
export type TensorLoader = (name: string, tensor: StoredTensor) => StoredTensor | undefined;

const loadHdf5Options = optionsOf('loadHdf5', {
  ...namingOptions,
  /** Called for each parameter, with its name in the file, before shape and number type are checked. */
  varLoader: option.callback<TensorLoader>().optional,
  /** Called for each buffer. */
  attrLoader: option.callback<TensorLoader>().optional,
});
/** How `loadHdf5` goes. */
export type LoadHdf5Options = Given<typeof loadHdf5Options>;

const rebuildHdf5Options = optionsOf('rebuildHdf5', { ...loadHdf5Options.declared, ...networkOptions });
/** How `rebuildHdf5` goes. */
export type RebuildHdf5Options = Given<typeof rebuildHdf5Options>;

/** What of a file was used. */
export interface Hdf5Report {
  readonly loaded: string[];
  /** Names in the file that the network has not. */
  readonly extra: string[];
}

/**
 * Loads parameters and buffers from a file in PuzzleLib's layout. Shapes must agree but for axes of size 1, and no value may
 * lose anything; all of that is checked before anything changes.
 *
 * A file of PuzzleLib lacks `numOfProps` of BatchNorm2D; it is then set so that the next batch weighs `minFactor`.
 *
 * @throws DataError when the file is damaged or of another layout, ModuleError listing what is missing or does not fit.
 */
export async function loadHdf5(net: AnyModule, file: FileSource, options: LoadHdf5Options = {}): Promise<Hdf5Report> {
  const loading = loadHdf5Options.read(options);
  const { name, bytes } = await openFile(file);
  return fill(net, openHdf5(bytes, name), name, loading);
}

/**
 * Rebuilds a network from a file in PuzzleLib's layout that holds a blueprint, and loads it.
 *
 * The caller says what kind of module it is, where it is none from one Variable to another.
 *
 * @throws DataError when the file is damaged or holds no blueprint, ModuleError when a class is not known or values do not
 *   fit.
 */
export async function rebuildHdf5<Loaded extends AnyModule = Module>(
  file: FileSource,
  options: RebuildHdf5Options = {},
): Promise<Loaded> {
  const { modules, maxValues, ...loading } = rebuildHdf5Options.read(options);
  const { name: source, bytes } = await openFile(file);
  const opened = openHdf5(bytes, source);
  const blueprint = opened.dataset(BLUEPRINT);
  if (!blueprint) {
    throw new ModuleError(`${source} holds no blueprint to rebuild a network from`, {
      path: source,
      hint: 'Save it with withBlueprint: true, or build the network in code and use loadHdf5(net, file)',
    });
  }
  const limit = maxValues ?? valueLimit(await valuesIn(opened), bytes.length);
  const net = rebuild(parsePuzzleLib(await blueprint.text(), source), { modules, source, limit });
  try {
    await fill(net, opened, source, loading);
    return net as Loaded;
  } catch (error) {
    net.dispose();
    throw error;
  }
}

type Loading = ReturnType<typeof loadHdf5Options.read>;

async function fill(net: AnyModule, file: Hdf5File, source: string, options: Loading): Promise<Hdf5Report> {
  const places = placesOf(net, options);
  const problems = new Problems();
  const values = new Map<Variable, HostValues>();
  for (const place of places) {
    const { variable, name } = place;
    if (values.has(variable)) continue; // as PuzzleLib: the first name of a shared Variable counts
    const loader = variable.isParameter ? options.varLoader : options.attrLoader;
    const dataset = await datasetOf(place, file);
    const result = dataset ? await valuesFor(place, dataset, loader) : (unsavedCounter(place) ?? 'is missing');
    if (typeof result === 'string') problems.add(() => `"${name}" ${shapeText(variable.shape)} ${result}`);
    else values.set(variable, result);
  }
  if (problems.count > 0) {
    throw new ModuleError(`${source} does not fit ${net.label}: ${String(problems)}`, {
      path: source,
      hint: hintFor(places, file),
    });
  }
  // Whatever else of the file is damaged is found before anything changes.
  const used = new Set(places.map(({ group, name }) => `${group}/${name}`));
  const inFile = entriesOf(file).map(({ group, name }) => `${group}/${name}`);
  putValues(values);
  return { loaded: inFile.filter((id) => used.has(id)), extra: inFile.filter((id) => !used.has(id)) };
}

/** Every name in the file that stands for a parameter or a buffer. */
function entriesOf(file: Hdf5File): { group: string; name: string }[] {
  const groups = [LINKS, ...file.names().filter((name) => name.startsWith(ATTRS))];
  return groups.flatMap((group) => (file.group(group)?.names() ?? []).map((name) => ({ group, name })));
}

/** How many values the file has for a network; a shared one counts for each name. */
async function valuesIn(file: Hdf5File): Promise<number> {
  let count = 0;
  for (const entry of entriesOf(file)) {
    // One more for each, as PuzzleLib leaves out counters.
    count += 1 + (elementsOf((await datasetOf(entry, file))?.shape ?? [0]) ?? 0);
  }
  return count;
}

/** The dataset behind a name; parameters lie where their link points. */
async function datasetOf(
  { group, name }: Pick<FilePlace, 'group' | 'name'>,
  file: Hdf5File,
): Promise<Dataset | undefined> {
  const found = file.group(group)?.dataset(name);
  if (!found || group !== LINKS) return found;
  if (found.shape.length > 0) return undefined;
  const [index] = (await found.tensor()).values;
  return file.group(PARAMS)?.dataset(String(index));
}

async function valuesFor(
  { variable, name }: FilePlace,
  dataset: Dataset,
  loader: TensorLoader | undefined,
): Promise<HostValues | string> {
  const expected = trimmed(variable.shape);
  // Before anything is read: a hostile file may claim any size.
  if (!loader && trimmed(dataset.shape) !== expected) return `is ${shapeText(dataset.shape)} in the file`;
  const read = await dataset.tensor();
  const tensor = loader?.(name, read) ?? read;
  return trimmed(tensor.shape) === expected
    ? convert(tensor, variable.dtype)
    : `is ${shapeText(tensor.shape)} in the file`;
}

/** A shape without its axes of size 1: [maps] and [1, maps, 1, 1] hold the same values in the same order. */
const trimmed = (shape: readonly number[]) => shape.filter((size) => size !== 1).join();

/** The count of batches after which BatchNorm2D weighs each batch by `minFactor`; PuzzleLib does not save its own. */
function unsavedCounter({ module, variable }: FilePlace): HostValues | undefined {
  if (!(module instanceof BatchNorm2D) || variable !== module.numOfProps) return undefined;
  const { initFactor, minFactor } = module;
  return Int32Array.of(minFactor > 0 ? Math.min(Math.ceil(initFactor / minFactor), 2 ** 31 - 1) : 0);
}

/** Most often the network has another name than the one that was saved. */
function hintFor(places: readonly FilePlace[], file: Hdf5File): string {
  const [wanted] = places;
  const names = file.group(LINKS)?.names() ?? [];
  const near = wanted && nearestName(wanted.name, names);
  return near
    ? `The file holds "${near}"; if the network had another name when it was saved, pass that as name`
    : 'The file holds no parameters, or is not in the layout of PuzzleLib';
}
