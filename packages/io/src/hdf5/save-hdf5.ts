import { checkModule } from '@tessera-nn/core/internal';
import { option, optionsOf, type AnyModule, type Given, type Variable } from '@tessera-nn/core';
import { writeBytes } from '../files/open.js';
import type { FileTarget } from '../files/place.js';
import { checkFinite, finiteOptions } from '../network/check-finite.js';
import { checkOwnClasses } from '../network/check-own-classes.js';
import { readValues } from '../network/read-values.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { puzzleLibText } from './puzzlelib-blueprint.js';
import {
  BLUEPRINT,
  containerGroups,
  idOf,
  LINKS,
  namingOptions,
  PARAMS,
  placesOf,
  puzzleLibShape,
} from './puzzlelib-names.js';
import { writeHdf5 } from './write-hdf5.js';

const saveHdf5Options = optionsOf('saveHdf5', {
  ...namingOptions,
  ...finiteOptions,
  /** How values are packed. Default gzip; null leaves them as they are. */
  compress: option.kind<'gzip' | null>('gzip or null', (value) => value === 'gzip' || value === null).or('gzip'),
  /** Writes the blueprint as well, for {@link rebuildHdf5}. Default false. */
  withBlueprint: option.flag.or(false),
});
/** How `saveHdf5` goes. */
export type SaveHdf5Options = Given<typeof saveHdf5Options>;

/**
 * Saves a network as PuzzleLib's `Module.save` does: `params` holds every parameter once, `links` says which one each name
 * means, `attrs` holds buffers, and the vectors of convolutions and norms are [1, maps, 1, 1].
 *
 * `numOfProps` of BatchNorm2D, which PuzzleLib does not save, is written as one more attr.
 *
 * @param target a path in Node, or a {@link Place}; without one the bytes are only returned.
 * @throws ModuleError for names that collide, weights that are not finite, or with the blueprint for options that cannot be
 *   written and a class of your own that cannot be built again from them; DataError when the file cannot be written.
 */
export async function saveHdf5(
  net: AnyModule,
  target?: FileTarget,
  options: SaveHdf5Options = {},
): Promise<Uint8Array> {
  checkModule(net, 'saveHdf5');
  const { compress, withBlueprint, allowNonFinite, ...naming } = saveHdf5Options.read(options);
  if (withBlueprint) checkOwnClasses(net);
  const places = placesOf(net, naming);
  const { name = net.name } = naming;
  const texts = new Map(withBlueprint ? [[BLUEPRINT, puzzleLibText(net.getBlueprint(), name)]] : []);
  const values = await readValues(new Map(places.map((place) => [idOf(place), place.variable])));
  if (!allowNonFinite) checkFinite(net, values);

  const tensors = new Map<string, StoredTensor>();
  const index = new Map<Variable, number>();
  for (const place of places) {
    const { group, variable } = place;
    const id = idOf(place);
    const tensor = { ...values.get(id)!, shape: puzzleLibShape(place) };
    if (group !== LINKS) {
      tensors.set(id, tensor);
      continue;
    }
    if (!index.has(variable)) {
      index.set(variable, index.size);
      tensors.set(`${PARAMS}/${index.get(variable)}`, tensor);
    }
    const link = BigInt64Array.of(BigInt(index.get(variable)!));
    tensors.set(id, { dtype: 'int64', shape: [], values: link });
  }
  const groups = [PARAMS, LINKS, ...containerGroups(net, naming)];
  const bytes = await writeHdf5({ groups, tensors, texts }, compress);
  if (target !== undefined) await writeBytes(target, bytes);
  return bytes;
}
