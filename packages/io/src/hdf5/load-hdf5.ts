import {
  ModuleError,
  nearestName,
  option,
  optionsOf,
  type AnyModule,
  type Given,
  type Values,
  type Variable,
} from '@tessera-nn/core';
import { checkModule, shapeText } from '@tessera-nn/core/internal';
import { BatchNorm2D } from '@tessera-nn/modules';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { convert, type HostValues } from '../network/convert.js';
import { Problems } from '../network/problems.js';
import { putValues } from '../network/put-values.js';
import { valueLimit } from '../network/rebuild.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { readAddedAttrs } from './added-attrs.js';
import type { Dataset } from './dataset.js';
import { ATTRS, idOf, LINKS, namingOptions, PARAMS, placesOf, type FilePlace } from './puzzlelib-names.js';
import { openHdf5, type Hdf5Group } from './read-hdf5.js';

/** Puts another tensor in place of one of the file, for one whose shape has changed; undefined keeps it. */
export type TensorLoader = (name: string, tensor: StoredTensor) => StoredTensor | undefined;

export const loadHdf5Options = optionsOf('loadHdf5', {
  ...namingOptions,
  /** Called for each parameter, with its name in the file, before shape and number type are checked. */
  varLoader: option.callback<TensorLoader>().optional,
  /** Called for each buffer. */
  attrLoader: option.callback<TensorLoader>().optional,
  /** Takes the nearest float32 of numbers that float32 cannot keep. Default false: they are refused. */
  round: option.flag.or(false),
});
/** How `loadHdf5` goes. */
export type LoadHdf5Options = Given<typeof loadHdf5Options>;

/** What of a file was used. */
export interface Hdf5Report {
  readonly loaded: string[];
  /** Names in the file that the network has not. */
  readonly extra: string[];
}

/**
 * Loads parameters and buffers from a file in PuzzleLib's layout. Shapes must agree but for axes of size 1, and no value may
 * lose anything; all of that is checked before anything changes. Buffers that modules were given by `setAttr` are set, as
 * PuzzleLib does for containers.
 *
 * A file of PuzzleLib lacks `numOfProps` of BatchNorm2D; it is then set so that the next batch weighs `minFactor`.
 *
 * @throws DataError when the file is damaged or of another layout, ModuleError listing what is missing or does not fit.
 */
export async function loadHdf5(net: AnyModule, file: FileSource, options: LoadHdf5Options = {}): Promise<Hdf5Report> {
  checkModule(net, 'loadHdf5');
  const loading = loadHdf5Options.read(options);
  const { name, bytes } = await openFile(file);
  return fillFrom(openHdf5(bytes, name), net, { ...loading, source: name, limit: valueLimit(Infinity, bytes.length) });
}

/** How a network is filled. */
export interface Filling extends Values<typeof loadHdf5Options> {
  /** What errors call the file. */
  readonly source: string;
  /** How many values buffers that the network has not may have together. */
  readonly limit: number;
  /** What the file calls modules that have another name here, by their paths. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Fills a network from an opened file, in two phases. */
export async function fillFrom(file: Hdf5Group, net: AnyModule, filling: Filling): Promise<Hdf5Report> {
  const { source } = filling;
  const places = placesOf(net, filling);
  const problems = new Problems();
  const values = new Map<Variable, HostValues>();
  for (const place of places) {
    const { variable, name } = place;
    if (values.has(variable)) continue; // as PuzzleLib: the first name of a shared Variable counts
    const loader = variable.isParameter ? filling.varLoader : filling.attrLoader;
    const dataset = await datasetOf(place, file);
    const result = dataset ? await valuesFor(place, dataset, loader, filling) : (unsavedCounter(place) ?? 'is missing');
    if (typeof result === 'string') problems.add(() => `"${name}" ${shapeText(variable.shape)} ${result}`);
    else values.set(variable, result);
  }
  const added = await readAddedAttrs(file, net, filling, problems);
  if (problems.count > 0) {
    throw new ModuleError(`${source} does not fit ${net.label}: ${String(problems)}`, {
      path: source,
      hint: hintFor(places, file),
    });
  }
  // Whatever else of the file is damaged is found before anything changes.
  const used = new Set([...places.map(idOf), ...added.keys()]);
  const inFile = entriesOf(file);
  putValues(values, [...added.values()]);
  return { loaded: inFile.filter((id) => used.has(id)), extra: inFile.filter((id) => !used.has(id)) };
}

/** The path of everything in the file that stands for a parameter or a buffer. */
export function entriesOf(file: Hdf5Group): string[] {
  const groups = [LINKS, ...file.names().filter((name) => name.startsWith(ATTRS))];
  return groups.flatMap((group) => (file.group(group)?.leaves() ?? []).map((name) => `${group}/${name}`));
}

/** The dataset behind a path; parameters lie where their link points. */
export async function datasetOf(
  { group, name }: Pick<FilePlace, 'group' | 'name'>,
  file: Hdf5Group,
): Promise<Dataset | undefined> {
  if (group !== LINKS) return file.dataset(`${group}/${name}`);
  const index = await linkOf(name, file);
  return index === undefined ? undefined : file.dataset(`${PARAMS}/${index}`);
}

/** Which of the parameters in the file has a name. */
export async function linkOf(name: string, file: Hdf5Group): Promise<string | undefined> {
  const link = file.dataset(`${LINKS}/${name}`);
  return link?.shape.length === 0 ? String((await link.tensor()).values[0]) : undefined;
}

async function valuesFor(
  { variable, name }: FilePlace,
  dataset: Dataset,
  loader: TensorLoader | undefined,
  { round }: Filling,
): Promise<HostValues | string> {
  const expected = trimmed(variable.shape);
  // Before anything is read: a hostile file may claim any size.
  if (!loader && trimmed(dataset.shape) !== expected) return `is ${shapeText(dataset.shape)} in the file`;
  const read = await dataset.tensor();
  const tensor = loader?.(name, read) ?? read;
  return trimmed(tensor.shape) === expected
    ? convert(tensor, variable.dtype, round)
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
function hintFor(places: readonly FilePlace[], file: Hdf5Group): string {
  const [wanted] = places;
  const names = file.group(LINKS)?.leaves() ?? [];
  const near = wanted && nearestName(wanted.name, names);
  return near
    ? `The file holds "${near}"; if the network had another name when it was saved, pass that as name`
    : 'The file holds no parameters, or is not in the layout of PuzzleLib';
}
