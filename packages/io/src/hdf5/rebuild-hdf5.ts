import { ModuleError, option, optionsOf, type AnyModule, type Given, type Module } from '@tessera-nn/core';
import { sameShape } from '@tessera-nn/core/internal';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { join } from '../network/names.js';
import { networkOptions, rebuild, valueLimit } from '../network/rebuild.js';
import { share } from '../network/share.js';
import { elementsOf } from '../tensors/stored-tensor.js';
import { datasetOf, entriesOf, fillFrom, linkOf, loadHdf5Options, type Filling } from './load-hdf5.js';
import { parsePuzzleLib } from './puzzlelib-blueprint.js';
import type { NodeModules } from './puzzlelib-graph.js';
import { BLUEPRINT, LINKS, placesOf, type FilePlace } from './puzzlelib-names.js';
import { openHdf5, type Hdf5Group } from './read-hdf5.js';

const isNames = (value: unknown) =>
  typeof value === 'object' && value !== null && Object.values(value).every((name) => typeof name === 'string');

const rebuildHdf5Options = optionsOf('rebuildHdf5', {
  ...loadHdf5Options.declared,
  ...networkOptions,
  /** Which module a node runs, by their names in the file, for Graphs whose nodes have names of their own. */
  nodes: option.kind<NodeModules>('names of modules by those of nodes', isNames).or({}),
});
/** How `rebuildHdf5` goes. */
export type RebuildHdf5Options = Given<typeof rebuildHdf5Options>;

/**
 * Rebuilds a network from a file in PuzzleLib's layout that holds a blueprint, and loads it: what shared a parameter shares
 * it again. A dot in the name of a module, which parts the names of a path here, becomes `_`.
 *
 * The caller says what kind of module it is, where it is not one from one Variable to another.
 *
 * @throws DataError when the file is damaged or holds no blueprint, ModuleError when a class is not known or values do not
 *   fit.
 */
export async function rebuildHdf5<Loaded extends AnyModule = Module>(
  file: FileSource,
  options: RebuildHdf5Options = {},
): Promise<Loaded> {
  const { modules, maxValues, nodes, ...loading } = rebuildHdf5Options.read(options);
  const { name: source, bytes } = await openFile(file);
  const opened = openHdf5(bytes, source);
  const written = opened.dataset(BLUEPRINT);
  if (!written) {
    throw new ModuleError(`${source} holds no blueprint to rebuild a network from`, {
      path: source,
      hint: 'Save it with withBlueprint: true, or build the network in code and use loadHdf5(net, file)',
    });
  }
  const limit = maxValues ?? valueLimit(await valuesIn(opened), bytes.length);
  const { blueprint, names } = parsePuzzleLib(await written.text(), source, nodes);
  const net = rebuild(blueprint, { modules, source, limit });
  try {
    const filling = { ...loading, source, limit, names };
    filling.name ??= net.name = nameIn(opened, net, filling);
    await fillFrom(opened, net, filling);
    await shareLinked(opened, net, filling);
    return net as Loaded;
  } catch (error) {
    net.dispose();
    throw error;
  }
}

/** How many values the file has for a network; a shared one counts for each name. */
async function valuesIn(file: Hdf5Group): Promise<number> {
  let count = 0;
  for (const entry of entriesOf(file)) {
    const [group, ...parts] = entry.split('/');
    // One more for each, as PuzzleLib leaves out counters.
    count += 1 + (elementsOf((await datasetOf({ group: group!, name: parts.join('/') }, file))?.shape ?? [0]) ?? 0);
  }
  return count;
}

/** The network's name in the file: its blueprint has that from when it was made, and it may have got another one since. */
function nameIn(file: Hdf5Group, net: AnyModule, filling: Filling): string | undefined {
  const placesUnder = (name: string) => placesOf(net, { ...filling, name }).filter(({ group }) => group === LINKS);
  const isThere = ({ name }: FilePlace) => file.dataset(`${LINKS}/${name}`) !== undefined;
  const [first] = placesUnder('');
  if (!first || placesUnder(net.name ?? '').some(isThere)) return net.name;
  const ends = file.group(LINKS)?.leaves() ?? [];
  const candidates = ends.filter((end) => end.endsWith(first.name)).map((end) => end.slice(0, -first.name.length));
  return candidates.find((name) => placesUnder(name).every(isThere)) || net.name;
}

/** Makes one Variable of those that one parameter in the file stands for. */
async function shareLinked(file: Hdf5Group, net: AnyModule, filling: Filling): Promise<void> {
  const shared = new Map<string, FilePlace>();
  for (const place of placesOf(net, filling).filter(({ group }) => group === LINKS)) {
    const { path, key, variable } = place;
    const link = (await linkOf(place.name, file))!;
    const first = shared.get(link) ?? place;
    shared.set(link, first);
    if (sameShape(first.variable.shape, variable.shape)) share(net, join(path, key), variable, first.variable);
  }
}
