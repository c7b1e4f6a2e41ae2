// How PuzzleLib calls things in its files (PuzzleLib 1.0.2, Module.save and Container.save).
import { Container } from '@tessera-nn/containers';
import { ModuleError, option, type AnyModule, type Variable } from '@tessera-nn/core';
import { everyModule } from '@tessera-nn/core/internal';
import { everyHolding, type Holding } from '../network/names.js';

export const PARAMS = 'params';
export const LINKS = 'links';
export const ATTRS = 'attrs';
export const BLUEPRINT = 'blueprint';

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
 * @throws ModuleError when two would share one, as different modules of one name do under `assumeUniqueNames`.
 */
export function placesOf(net: AnyModule, { name = net.name, assumeUniqueNames }: Naming): FilePlace[] {
  const taken = new Map<string, Variable>();
  return [...everyHolding(net)].map((holding) => {
    const { path, module, key, variable } = holding;
    const full = fullName(path, name);
    const tokens = full.split('.');
    const shown = assumeUniqueNames ? `${tokens[0]}.${tokens.at(-1)}` : full;
    const ofContainer = !variable.isParameter && module instanceof Container;
    const place = ofContainer
      ? { group: `${ATTRS}.${full}`, name: `${tokens.at(-1)}.${key}` }
      : { group: variable.isParameter ? LINKS : ATTRS, name: `${shown}.${key}` };
    const id = `${place.group}/${place.name}`;
    if (place.name.includes('/') || (taken.get(id) ?? variable) !== variable) {
      throw new ModuleError(`"${path}" cannot be written to HDF5 as ${id}`, {
        path,
        expected: 'a name without "/" that no other module has',
        hint: 'Give the module another name, or leave assumeUniqueNames out',
      });
    }
    taken.set(id, variable);
    return { ...holding, ...place };
  });
}

/** PuzzleLib makes a group for the buffers of every container, whether it has any or not, and asks for it when loading. */
export function containerGroups(net: AnyModule, { name = net.name }: Naming): string[] {
  const containers = everyModule(net).filter(([, module]) => module instanceof Container);
  return containers.map(([path]) => `${ATTRS}.${fullName(path, name)}`);
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

/** An unnamed network leaves a dot in front. */
const fullName = (path: string, root = '') => (path ? `${root}.${path}` : root);
