import { HeaderTexts } from '../checkpoint/header-texts.js';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { convert } from '../network/convert.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { hookEntry, OPTIMIZER_FORMAT, OPTIMIZER_VERSION, optimizerChecksum } from './save-optimizer.js';
import {
  checkOptimizer,
  loadState,
  type GroupOfOptimizer,
  type StateOfOptimizer,
  type StatefulOptimizer,
  type ValuesOfState,
} from './stateful.js';

/**
 * Lets an optimizer go on where {@link saveOptimizer} left it. It must be of the same class and set up on a network with the
 * same parameters; its numbers become those of the file. Everything is checked before anything changes.
 *
 * @throws DataError when the file cannot be read, is damaged, or holds something else; OptimizerError naming what differs.
 */
export async function loadOptimizer(optimizer: StatefulOptimizer, file: FileSource): Promise<void> {
  checkOptimizer(optimizer, 'loadOptimizer');
  const { name: source, bytes } = await openFile(file);
  loadState(optimizer, readOptimizer(bytes, source), source);
}

/** The state in a file of {@link saveOptimizer}. @throws DataError when it is damaged, or holds something else. */
export function readOptimizer(bytes: Uint8Array, source: string): StateOfOptimizer {
  const { tensors, metadata } = readSafetensors(bytes, source);
  const header = new HeaderTexts(metadata, source);
  header.checkFormat(OPTIMIZER_FORMAT, OPTIMIZER_VERSION, {
    summary: 'holds no state of an optimizer',
    hint: 'saveOptimizer writes one; loadOptimizerHdf5 reads those of PuzzleLib',
  });
  if (metadata.get('checksum') !== optimizerChecksum(metadata, tensors)) {
    header.refuse('was damaged or changed since it was saved: its checksum does not fit', { hint: 'Get it again' });
  }
  const states = new Map(Array.from(header.list('parameters'), (path) => [path, new Map<string, ValuesOfState>()]));
  const valuesOf = (name: string, tensor: StoredTensor): ValuesOfState => {
    const values = convert(tensor, 'float32');
    if (typeof values === 'string') header.refuse(`holds an unreadable state "${name}"`, { received: values });
    return { shape: tensor.shape, values: values as Float32Array };
  };
  const rest = new Map(tensors);
  const hooks = header.listOf<string[][]>('hooks', 'lists of names', areLists)?.map((names, i) => {
    const own = names.map((name): [string, ValuesOfState] => {
      const entry = hookEntry(i, name);
      const tensor = rest.get(entry);
      if (!tensor) return header.refuse(`has lost "${entry}"`);
      rest.delete(entry);
      return [name, valuesOf(entry, tensor)];
    });
    return Object.fromEntries(own);
  });
  for (const [name, tensor] of rest) {
    const at = name.lastIndexOf('.');
    const own = states.get(name.slice(0, Math.max(0, at)));
    if (!own) header.refuse(`holds a state "${name}" of no parameter`);
    else own.set(name.slice(at + 1), valuesOf(name, tensor));
  }
  const groups = header.listOf<GroupOfOptimizer[]>('groups', 'a list of groups', Array.isArray);
  return {
    className: metadata.get('className') ?? '',
    t: Number(metadata.get('t')),
    attrs: Object.fromEntries(header.record('attrs', 'number')) as Record<string, number>,
    states: Object.fromEntries(Array.from(states, ([path, own]) => [path, Object.fromEntries(own)])),
    ...(groups && { groups }),
    ...(hooks && { hooks }),
  };
}

const areLists = (value: unknown) =>
  Array.isArray(value) &&
  value.every((inner) => Array.isArray(inner) && inner.every((name) => typeof name === 'string'));
