// How PuzzleLib calls things in its files (PuzzleLib 1.0.2, Module.save and Container.save).
import { Container } from '@tessera-nn/containers';
import { ModuleError, option, type AnyModule, type Variable } from '@tessera-nn/core';
import { everyModule } from '@tessera-nn/core/internal';
import { everyHolding, type Holding } from '../network/names.js';
import { parameterName } from './puzzlelib-schemes.js';
import { partsOf } from './read-hdf5.js';

export const PARAMS = 'params';
export const LINKS = 'links';
export const ATTRS = 'attrs';
export const BLUEPRINT = 'blueprint';

/** Characters of the longest name that is written. */
const LONGEST = 2 ** 14;

/** Options of all that reads and writes these files. */
export const namingOptions = {
  /** The network's own name in the file. Default its name. */
  name: option.text.optional,
  /** Calls a module `<first>.<last>` part of its path, so that nesting may change. Default false. */
  assumeUniqueNames: option.flag.or(false),
};

interface Naming {
  readonly name: string | undefined;
  readonly assumeUniqueNames: boolean;
  /** What the file calls modules that have another name here, by their paths. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Where the values of a Variable lie. */
export interface FilePlace extends Holding {
  /** `links` for parameters, `attrs` for buffers, and a group of its own for the buffers of a container. */
  readonly group: string;
  readonly name: string;
}

/**
 * The place of every Variable of a network.
 *
 * @throws ModuleError when two would share one, as those of modules of one name do under `assumeUniqueNames`, and for names
 *   that HDF5 cannot hold.
 */
export function placesOf(net: AnyModule, naming: Naming): FilePlace[] {
  const places = [...everyHolding(net)].map((holding): FilePlace => {
    const { path, module, key, variable } = holding;
    const parts = partsIn(path, net, naming);
    if (!variable.isParameter && module instanceof Container) {
      return { ...holding, group: groupOf(parts), name: `${parts.at(-1)}.${key}` };
    }
    const group = variable.isParameter ? LINKS : ATTRS;
    return { ...holding, group, name: `${shownName(parts, naming)}.${parameterName(module.className, key)}` };
  });
  checkPlaces(places);
  return places;
}

function checkPlaces(places: readonly FilePlace[]): void {
  const taken = new Map<string, Variable>();
  for (const place of places) {
    const id = idOf(place);
    const refuse = (expected: string): never => {
      throw new ModuleError(`"${place.path}" cannot be written to HDF5 as ${id}`, {
        path: place.path,
        expected,
        hint: 'Give the module another name, or leave assumeUniqueNames out',
      });
    };
    if ((taken.get(id) ?? place.variable) !== place.variable) refuse('a name that no other module has');
    if (id.includes('\0') || id.length > LONGEST || new TextDecoder().decode(new TextEncoder().encode(id)) !== id)
      refuse('a name in Unicode that is not very long, without the character 0');
    taken.set(id, place.variable);
  }
  // "/" makes groups within groups, and a dataset cannot be a group as well.
  for (const place of places) {
    const parts = idOf(place).split('/');
    const above = parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
    if (!above.some((id) => taken.has(id))) continue;
    throw new ModuleError(`"${place.path}" cannot be written to HDF5 as ${idOf(place)}`, {
      path: place.path,
      expected: 'a name that does not go on behind the "/" where another one ends',
    });
  }
}

/** The path of a place in the file. */
export const idOf = ({ group, name }: Pick<FilePlace, 'group' | 'name'>): string =>
  [...partsOf(group), ...partsOf(name)].join('/');

/** PuzzleLib makes a group for the buffers of every container, whether it has any or not, and asks for it when loading. */
export function containerGroups(net: AnyModule, naming: Naming): string[] {
  const containers = everyModule(net).filter(([, module]) => module instanceof Container);
  return containers.map(([path]) => groupOf(partsIn(path, net, naming)));
}

/** Whose buffer a name in a group is, and what it is called there. */
type AttrOwner = (name: string) => { readonly module: AnyModule; readonly key: string } | undefined;

/** The groups of buffers that a network has, each with what its names mean. */
export function attrPlaces(net: AnyModule, naming: Naming): Map<string, AttrOwner> {
  const leaves = new Map<string, AnyModule>();
  const cut = (name: string, at: number) => [name.slice(0, at), name.slice(at)] as const;
  const places = new Map<string, AttrOwner>([
    [
      ATTRS,
      (name) => {
        const [prefix, key] = cut(name, name.lastIndexOf('.') + 1);
        const module = leaves.get(prefix);
        return module && { module, key };
      },
    ],
  ]);
  for (const [path, module] of everyModule(net)) {
    const parts = partsIn(path, net, naming);
    if (!(module instanceof Container)) {
      leaves.set(prefixOf(shownName(parts, naming)), module);
      continue;
    }
    const prefix = prefixOf(parts.at(-1)!);
    // A network that was saved under another name has its own in front.
    places.set(groupOf(parts), (name) => {
      return { module, key: cut(name, name.startsWith(prefix) ? prefix.length : name.indexOf('.') + 1)[1] };
    });
  }
  return places;
}

/**
 * The shape that PuzzleLib gives a Variable: vectors of convolutions and norms are [1, maps, 1, 1], in three dimensions
 * [1, maps, 1, 1, 1].
 */
export function puzzleLibShape({ module, variable }: Holding): readonly number[] {
  const { shape, dtype } = variable;
  const dimensions = /([123])D$|^BatchNorm$/.exec(module.className);
  if (!dimensions || shape.length !== 1 || dtype !== 'float32') return shape;
  return dimensions[1] === '3' ? [1, ...shape, 1, 1, 1] : [1, ...shape, 1, 1];
}

/** What the file calls a module and those around it; an unnamed network leaves a dot in front. */
function partsIn(path: string, net: AnyModule, { name = net.name ?? '', names }: Naming): string[] {
  const keys = path === '' ? [] : path.split('.');
  return [name, ...keys.map((key, i) => names?.get(keys.slice(0, i + 1).join('.')) ?? key)];
}

/** The name of a module that is not a container. PuzzleLib goes by dots, also by those within a name. */
function shownName(parts: readonly string[], { assumeUniqueNames }: Naming): string {
  const full = parts.join('.');
  const tokens = full.split('.');
  return assumeUniqueNames ? `${tokens[0]}.${tokens.at(-1)}` : full;
}

/** What stands in front of the names of a module's buffers, as HDF5 has it. */
const prefixOf = (name: string) => partsOf(`${name}.x`).join('/').slice(0, -1);

const groupOf = (parts: readonly string[]) => `${ATTRS}.${parts.join('.')}`;
