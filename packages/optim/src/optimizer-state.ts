import { Variable, type Storage } from '@tessera-nn/core';
import type { GroupState } from './groups.js';
import type { HookState } from './hooks/hook.js';
import { isRecord, SavedRecords } from './saved-records.js';

/** An optimizer's numbers and its state for each parameter, to continue a run elsewhere. JSON keeps all of it. */
export interface OptimizerState {
  /** The class that it is the state of. */
  className: string;
  /** Steps made. */
  t: number;
  attrs: Record<string, number>;
  /** By the parameter's path, then by the name of the state; nothing for a parameter that was never updated. */
  states: Record<string, Record<string, StateValues>>;
  /** The groups of `addGroup`, with the parameters that each picks. Undefined: those of now stay. */
  groups?: readonly GroupState[];
  /** What hooks remember, such as the averages of `EMA`, in the order in which they were added. Undefined: it stays. */
  hooks?: readonly HookState[];
}

/** One array of a state. What JSON makes of the values is read as well. */
export interface StateValues {
  shape: readonly number[];
  values: Float32Array;
}

/** What a state must fit. */
export interface StateRule {
  className: string;
  stateNames: readonly string[];
  /** Those that hold sums of squares. */
  squares: readonly string[];
  /** Numbers that must be there. */
  attrNames: readonly string[];
  /** Numbers that may be there. */
  extraNames: readonly string[];
  parameters: ReadonlyMap<string, Variable>;
}

/** A state that fits, on the host. */
export interface CheckedState {
  t: number;
  attrs: Record<string, number>;
  states: Map<Variable, Float32Array[]>;
}

/** Reads storages by name to the host: the values they have now, whatever becomes of them while this waits. */
export async function readStates(
  storages: ReadonlyMap<string, ReadonlyMap<string, Storage>>,
): Promise<OptimizerState['states']> {
  const readers: Variable[] = [];
  const read = [...storages].map(([path, own]) => {
    const entries = [...own].map(([name, storage]) => {
      const reader = new Variable(storage.retain()).keep();
      readers.push(reader);
      return [name, reader] as const;
    });
    return [path, entries] as const;
  });
  try {
    const states = read.map(async ([path, entries]) => {
      const values = entries.map(async ([name, reader]) => {
        return [name, { shape: reader.shape, values: (await reader.values()) as Float32Array }] as const;
      });
      return [path, Object.fromEntries(await Promise.all(values))] as const;
    });
    return Object.fromEntries(await Promise.all(states));
  } finally {
    for (const reader of readers) reader.dispose();
  }
}

/** Holds a state that may come from anywhere against what it must fit. @throws OptimizerError naming what differs. */
export function checkState(given: unknown, rule: StateRule): CheckedState {
  const { className, attrNames, extraNames } = rule;
  const saved = new SavedRecords(className);
  const state = saved.record(given, 'it', ['className', 't', 'attrs', 'states'], 'entry', ['groups', 'hooks']);
  if (state.className !== className) saved.refuse('it was made by another class', className, state.className);
  const { t } = state;
  if (!Number.isSafeInteger(t) || (t as number) < 0) saved.refuse('t is not a count of steps', 'a whole number', t);
  const attrs = saved.record(state.attrs, 'attrs', attrNames, 'entry', extraNames);
  for (const [name, value] of Object.entries(attrs)) {
    if (!Number.isFinite(value)) saved.refuse(`attrs.${name} is not a number`, 'a finite number', value);
  }
  const states = statesOf(state.states, t as number, { rule, saved });
  return { t: t as number, attrs: attrs as Record<string, number>, states };
}

function statesOf(
  given: unknown,
  t: number,
  { rule, saved }: { rule: StateRule; saved: SavedRecords },
): Map<Variable, Float32Array[]> {
  const { parameters, stateNames, squares } = rule;
  const states = saved.record(given, 'states', [...parameters.keys()], 'parameter');
  const checked = new Map<Variable, Float32Array[]>();
  for (const [path, variable] of parameters) {
    const untouched = isRecord(states[path]) && Object.keys(states[path]).length === 0;
    const own = saved.record(states[path], `states["${path}"]`, untouched ? [] : stateNames);
    if (untouched && stateNames.length > 0) continue;
    if (t === 0 && stateNames.length > 0) saved.refuse(`"${path}" has a state, and no step was made`, 't above 0', t);
    const arrays = stateNames.map((name) => {
      const what = `${name} of "${path}"`;
      const array = saved.array(own[name], what, variable.shape);
      const negative = squares.includes(name) ? array.findIndex((value) => value < 0) : -1;
      if (negative >= 0) saved.refuse(`${what} is negative at ${negative}`, 'sums of squares', array[negative]);
      return array;
    });
    checked.set(variable, arrays);
  }
  return checked;
}
