import { TesseraError, type Variable } from '@tessera-nn/core';
import { declaredOptions, isPlainObject } from '@tessera-nn/kernels';
import { Holder } from './holder.js';

/** A class with the name that messages and files know it by. */
export type Maker<Made> = (new (...args: never[]) => Made) & { className: string };

/** What an option may be, whatever it is for: its own check says which of these it takes. The simplest come first. */
const VALUES: readonly (() => unknown)[] = [
  ...[2, 1, 4, 0.25, 3, -1, 0, 8].map((number) => () => number),
  ...[true, false, 'relu', 'he', 'same', 'float32'].map((value) => () => value),
  ...[[3, 2], [2, 1], [1, 1], [1, 3], [-1], [2, 2, 2]].map((list) => () => [...list]),
  () => ({ start: 1, stop: -1 }),
  () => ({ l2: 0.5 }),
  () => new Holder(),
];

/** What is given to classes that take something else than options. */
const OTHERS: readonly (() => unknown[])[] = [
  () => [],
  () => [new Holder()],
  () => [[new Holder(), new Holder()]],
  () => [(prediction: Variable) => prediction.square().mean()],
  () => {
    const input = new Holder().node();
    return [{ inputs: input, outputs: new Holder().node(input) }];
  },
];

type Given = Readonly<Record<string, unknown>>;
type Choices = readonly (readonly [name: string, values: readonly (() => unknown)[]])[];
/** Options with the values that each takes: those that must be given, and the others. */
interface Declared {
  required: Choices;
  optional: Choices;
}

/** What the class is declared to take; where it shares a declaration, the largest with which it can be made. */
function declaredBy(make: Maker<unknown>): Declared | undefined {
  const all = declaredOptions();
  const own = all.find(({ subject }) => subject === make.className);
  if (own) return choicesOf(make, own);
  const fitting = all
    .map((options) => choicesOf(make, options))
    .filter((choices) => choices.required.length + choices.optional.length > 1 && makesOne(make, choices));
  const size = ({ required, optional }: Declared) => required.length + optional.length;
  return fitting.sort((a, b) => size(b) - size(a))[0];
}

function choicesOf({ className }: Maker<unknown>, { declared }: ReturnType<typeof declaredOptions>[number]): Declared {
  const choices = (required: boolean): Choices =>
    Object.entries(declared)
      .filter(([, option]) => option.required === required)
      .map(([name, option]) => {
        if (name === 'name') return [name, [() => className.toLowerCase()]];
        const isOther = (value: unknown) => JSON.stringify(value) !== JSON.stringify(option.preset);
        return [name, VALUES.filter((value) => option.accepts(value()) && (required || isOther(value())))];
      });
  return { required: choices(true), optional: choices(false) };
}

/** Whether one is made of the first values that fit, and takes all the other names. */
function makesOne(make: Maker<unknown>, { required, optional }: Declared): boolean {
  if (required.some(([, values]) => values.length === 0)) return false;
  const presets = optional.map(([name]): [string, unknown] => [name, undefined]);
  const first = required.map(([name, [value]]): [string, unknown] => [name, value!()]);
  return Boolean(made(make, [Object.fromEntries([...presets, ...first])]));
}

/** Every choice of one value for each. */
function* combinations([first, ...rest]: Choices): Generator<Given> {
  if (!first) {
    yield {};
    return;
  }
  for (const value of first[1]) for (const others of combinations(rest)) yield { [first[0]]: value(), ...others };
}

/** What a class could be made of: what must be given, with each of the options that need not be. */
function* argumentsOf(make: Maker<unknown>): Generator<unknown[]> {
  for (const other of OTHERS) yield other();
  const choices = declaredBy(make);
  if (!choices) return;
  for (const given of combinations(choices.required)) yield [given];
  for (const [name, values] of choices.optional)
    for (const value of values)
      for (const given of combinations(choices.required)) yield [{ ...given, [name]: value() }];
}

/** Undefined where a class refuses its arguments. */
function made<Made>(make: Maker<Made>, args: readonly unknown[]): Made | undefined {
  try {
    return new make(...(args as never[]));
  } catch (error) {
    if (error instanceof TesseraError) return undefined;
    throw error;
  }
}

/** Objects of a class, each made of something else that its options allow, the simplest first. */
export function* samplesOf<Made>(make: Maker<Made>): Generator<Made> {
  for (const args of argumentsOf(make)) {
    const sample = made(make, args);
    if (sample) yield sample;
  }
}

function firstThatMakes(make: Maker<unknown>): unknown[] {
  for (const args of argumentsOf(make)) if (made(make, args)) return args;
  throw new Error(`nothing that is tried makes a ${make.className}: say in samples.ts what does`);
}

/**
 * An object of a class with as many options as go together that are not what they are anyway.
 *
 * @throws Error where none of what is tried makes one.
 */
export function unusualSample<Made>(make: Maker<Made>): Made {
  const choices = declaredBy(make);
  const first = firstThatMakes(make);
  if (!isPlainObject(first[0] ?? {})) return made(make, first)!;
  let given = first[0] as Given;
  for (const [name, values] of choices?.optional ?? []) {
    const value = values.find((one) => made(make, [{ ...given, [name]: one() }]));
    if (value) given = { ...given, [name]: value() };
  }
  return made(make, [{ ...given }])!;
}
