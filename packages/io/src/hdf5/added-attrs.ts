import { DataError, type AnyModule } from '@tessera-nn/core';
import { convert } from '../network/convert.js';
import type { Problems } from '../network/problems.js';
import { isFreeKey, type AddedBuffer } from '../network/put-values.js';
import type { Filling } from './load-hdf5.js';
import { attrPlaces, idOf } from './puzzlelib-names.js';
import type { Hdf5Group } from './read-hdf5.js';

/**
 * The buffers that `setAttr` put into modules before they were saved: nothing but the file says that they were there. Texts,
 * and names that a module has no place for, are left; values that cannot be kept are problems.
 *
 * @returns them by their places in the file.
 * @throws DataError when they are more than may be read.
 */
export async function readAddedAttrs(
  file: Hdf5Group,
  net: AnyModule,
  filling: Filling,
  problems: Problems,
): Promise<Map<string, AddedBuffer>> {
  const added = new Map<string, AddedBuffer>();
  let left = filling.limit;
  for (const [group, ownerOf] of attrPlaces(net, filling)) {
    for (const name of file.group(group)?.leaves() ?? []) {
      const { module, key } = ownerOf(name) ?? {};
      const isFree = module && key !== undefined && isFreeKey(module, key);
      const dataset = isFree ? file.dataset(`${group}/${name}`)! : undefined;
      if (dataset?.type.kind !== 'numbers') continue;
      left -= dataset.shape.reduce((size, axis) => size * axis, 1);
      if (left < 0) {
        throw new DataError(`${filling.source} holds more buffers that the network has not than are read`, {
          path: filling.source,
          expected: `at most ${filling.limit} values`,
        });
      }
      const read = await dataset.tensor();
      const tensor = filling.attrLoader?.(name, read) ?? read;
      const isFloat = tensor.values instanceof Float32Array || tensor.values instanceof Float64Array;
      const dtype = isFloat ? 'float32' : tensor.dtype === 'bool' ? 'bool' : 'int32';
      const values = convert(tensor, dtype, filling.round);
      if (typeof values === 'string') problems.add(() => `"${name}" ${values}`);
      else added.set(idOf({ group, name }), { module: module!, key: key!, shape: tensor.shape, dtype, values });
    }
  }
  return added;
}
