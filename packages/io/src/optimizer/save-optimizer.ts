import { OptimizerError } from '@tessera-nn/core';
import { checksum } from '../checkpoint/header-texts.js';
import { writeBytes } from '../files/open.js';
import type { FileTarget } from '../files/place.js';
import { nonFinite } from '../network/check-finite.js';
import { writeSafetensors } from '../safetensors/safetensors.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { checkOptimizer, type StateOfOptimizer, type StatefulOptimizer } from './stateful.js';

/** What `format` says in an optimizer's file. */
export const OPTIMIZER_FORMAT = 'tessera-optimizer';
/** The newest layout of one that is known, and the one that is written. */
export const OPTIMIZER_VERSION = 1;
/** The texts of its header that the checksum covers. */
const COVERED = ['format', 'formatVersion', 'className', 't', 'attrs', 'parameters'];
/** More of them, which older files have not. */
const ADDED = ['groups', 'hooks'];

/**
 * Saves what an optimizer needs to go on: its class and numbers, how many steps it made, and its state for each parameter,
 * called `<parameter>.<state>`, its groups, and what its hooks remember, such as the averages of `EMA`, called
 * `hook<i>:<name>`, as one safetensors file. It is the state of the moment of the call. The network goes into a file of its
 * own, with `save`.
 *
 * @param target a path in Node, or a {@link Place}; without one the bytes are only returned.
 * @returns the bytes of the file.
 * @throws OptimizerError before `setupOn`, and when a state is not finite; DataError when the file cannot be written.
 *
 * @example
 * await save(net, 'run/net.safetensors');
 * await saveOptimizer(optimizer, 'run/optimizer.safetensors');
 */
export async function saveOptimizer(optimizer: StatefulOptimizer, target?: FileTarget): Promise<Uint8Array> {
  checkOptimizer(optimizer, 'saveOptimizer');
  const { className, t, attrs, states, groups = [], hooks = [] } = await optimizer.stateDict();
  const tensors = new Map([...tensorsOf(states), ...tensorsOfHooks(hooks)]);
  checkFiniteState(className, tensors);
  const texts = new Map([
    ['format', OPTIMIZER_FORMAT],
    ['formatVersion', String(OPTIMIZER_VERSION)],
    ['className', className],
    ['t', String(t)],
    ['attrs', JSON.stringify(attrs)],
    ['parameters', JSON.stringify(Object.keys(states))],
    ['groups', JSON.stringify(groups)],
    ['hooks', JSON.stringify(hooks.map((own) => Object.keys(own)))],
  ]);
  texts.set('checksum', optimizerChecksum(texts, tensors));
  const bytes = writeSafetensors(tensors, texts);
  if (target !== undefined) await writeBytes(target, bytes);
  return bytes;
}

export const optimizerChecksum = (texts: ReadonlyMap<string, string>, tensors: ReadonlyMap<string, StoredTensor>) =>
  checksum(
    [...COVERED, ...ADDED.filter((key) => texts.has(key))].map((key) => texts.get(key) ?? null),
    tensors,
  );

/** Every array of a state, by `<parameter>.<state>`. */
export function tensorsOf(states: StateOfOptimizer['states']): Map<string, StoredTensor> {
  const arrays = Object.entries(states).flatMap(([path, own]) =>
    Object.entries(own).map(([name, { shape, values }]): [string, StoredTensor] => {
      return [`${path}.${name}`, { dtype: 'float32', shape, values }];
    }),
  );
  return new Map(arrays);
}

/** What the array of a hook is called. */
export const hookEntry = (hook: number, name: string) => `hook${hook}:${name}`;

function* tensorsOfHooks(hooks: NonNullable<StateOfOptimizer['hooks']>): Generator<[string, StoredTensor]> {
  for (const [i, own] of hooks.entries()) {
    for (const [name, { shape, values }] of Object.entries(own)) {
      yield [hookEntry(i, name), { dtype: 'float32', shape, values }];
    }
  }
}

/** @throws OptimizerError for a state that no optimizer would take back. */
export function checkFiniteState(className: string, tensors: ReadonlyMap<string, StoredTensor>): void {
  const found = nonFinite(tensors);
  if (found === undefined) return;
  throw new OptimizerError(`The state of ${className} is not saved, for its training diverged: ${found}`, {
    path: className,
    expected: 'finite numbers',
    hint: 'Load the last state that was saved',
  });
}
