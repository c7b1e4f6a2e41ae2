import { nearestName, OptimizerError, Variable, type Storage } from '@tessera-nn/core';
import { sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';
import type { GroupState } from './groups.js';
import type { HookState } from './hooks/hook.js';

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
  return new StateCheck(rule).check(given);
}

class StateCheck {
  constructor(readonly rule: StateRule) {}

  check(given: unknown): CheckedState {
    const { className, attrNames, extraNames } = this.rule;
    const state = this.#record(given, 'it', ['className', 't', 'attrs', 'states'], 'entry', ['groups', 'hooks']);
    if (state.className !== className) this.#refuse('it was made by another class', className, state.className);
    const { t } = state;
    if (!Number.isSafeInteger(t) || (t as number) < 0) this.#refuse('t is not a count of steps', 'a whole number', t);
    const attrs = this.#record(state.attrs, 'attrs', attrNames, 'entry', extraNames);
    for (const [name, value] of Object.entries(attrs)) {
      if (!Number.isFinite(value)) this.#refuse(`attrs.${name} is not a number`, 'a finite number', value);
    }
    return { t: t as number, attrs: attrs as Record<string, number>, states: this.#states(state.states, t as number) };
  }

  #states(given: unknown, t: number): Map<Variable, Float32Array[]> {
    const { parameters, stateNames } = this.rule;
    const states = this.#record(given, 'states', [...parameters.keys()], 'parameter');
    const checked = new Map<Variable, Float32Array[]>();
    for (const [path, variable] of parameters) {
      const untouched = isRecord(states[path]) && Object.keys(states[path]).length === 0;
      const own = this.#record(states[path], `states["${path}"]`, untouched ? [] : stateNames);
      if (untouched && stateNames.length > 0) continue;
      if (t === 0 && stateNames.length > 0) this.#refuse(`"${path}" has a state, and no step was made`, 't above 0', t);
      const arrays = stateNames.map((name) => this.#values(own[name], `${name} of "${path}"`, variable, name));
      checked.set(variable, arrays);
    }
    return checked;
  }

  #values(stored: unknown, what: string, { shape }: Variable, name: string): Float32Array {
    const { shape: itsShape, values } = this.#record(stored, what, ['shape', 'values']);
    const given = Array.isArray(itsShape) ? (itsShape as number[]) : undefined;
    if (!sameShape(given, shape)) {
      this.#refuse(`${what} has another shape`, shapeText(shape), given ? shapeText(given) : itsShape);
    }
    const numbers = listOf(values);
    const size = sizeOf(shape);
    if (numbers?.length !== size)
      this.#refuse(`${what} has not its values`, `${size} numbers`, numbers?.length ?? values);
    const array = Float32Array.from(numbers as number[]);
    const wrong = array.findIndex((value, i) => typeof numbers[i] !== 'number' || !Number.isFinite(value));
    if (wrong >= 0)
      this.#refuse(`${what} holds no finite number at ${wrong}`, 'finite numbers of float32', numbers[wrong]);
    if (!this.rule.squares.includes(name)) return array;
    const negative = array.findIndex((value) => value < 0);
    if (negative >= 0) this.#refuse(`${what} is negative at ${negative}`, 'sums of squares', array[negative]);
    return array;
  }

  /** A record of exactly these names, and perhaps others that are allowed, which are read as its own. */
  #record(
    given: unknown,
    what: string,
    names: readonly string[],
    kind = 'entry',
    allowed = names,
  ): Record<string, unknown> {
    if (!isRecord(given)) return this.#refuse(`${what} is not a record`, `an object with ${names.join(', ')}`, given);
    const known = new Set([...names, ...allowed]);
    const extra = Object.keys(given).find((name) => !known.has(name));
    if (extra !== undefined) {
      const near = nearestName(extra, names);
      this.#refuse(
        `${what} has an unknown ${kind} "${extra}"`,
        near ? `perhaps "${near}"` : listed(names),
        `"${extra}"`,
      );
    }
    const missing = names.find((name) => !Object.hasOwn(given, name));
    if (missing !== undefined)
      this.#refuse(`${what} has no ${kind} "${missing}"`, listed(names), listed(Object.keys(given)));
    return Object.fromEntries(
      [...known].filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]]),
    );
  }

  #refuse(problem: string, expected: unknown, received: unknown): never {
    throw new OptimizerError(`${this.rule.className} cannot go on from this state: ${problem}`, {
      path: this.rule.className,
      expected: String(expected),
      received: isRecord(received) || Array.isArray(received) ? 'another object' : String(received),
      hint: 'Take the state of an optimizer of this class on a module with these parameters; nothing was changed',
    });
  }
}

/** More names would not be read. */
const MOST_LISTED = 8;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const rest = names.length - MOST_LISTED;
  return names.slice(0, MOST_LISTED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Numbers one after the other; JSON makes `{ "0": 1, "1": 2 }` of a typed array. */
function listOf(values: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(values)) return values as unknown[];
  if (ArrayBuffer.isView(values)) return 'length' in values ? (values as Float32Array) : undefined;
  if (!isRecord(values)) return undefined;
  const entries = Object.entries(values);
  return entries.every(([key], i) => key === String(i)) ? entries.map(([, value]) => value) : undefined;
}
