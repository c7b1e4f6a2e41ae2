import type { Tensor } from '@tensorflow/tfjs-core';
import { AutogradError, type Formula } from '@tessera-nn/kernels';
import { checkDefinition } from '@tessera-nn/kernels/internal';
import type { Layout } from '../layout.js';
import type { Variable } from '../variable/variable.js';
import {
  runOp,
  type AttrsArgument,
  type ForwardContext,
  type Gradient,
  type ListLayout,
  type ListOpDefinition,
} from './list-op.js';

/**
 * The layouts an op takes its inputs in:
 * - `any`: all the same, whichever it is (elementwise ops);
 * - a layout: all in that one;
 * - by name: a layout; `any`, as it lies; `like x`, as x lies. Inputs that are not named come logical.
 */
export type LayoutRule<Input extends string> =
  'any' | Layout | { readonly [Name in Input]?: Layout | 'any' | `like ${Input}` };

type Given<Input extends string, Optional extends string, Value> = { [Name in Input]: Value } & {
  [Name in Optional]?: Value | null | undefined;
};

/** An op has one result, which is called `result`, or several, which have names. */
type OneOrNamed<Result extends string, One, Named> = 'result' extends Result ? One : Named;

/** An op: the unit of differentiation. */
export interface OpDefinition<
  Input extends string,
  Optional extends string,
  Result extends string,
  Saved extends string,
  Attrs extends object,
> {
  readonly name: string;
  readonly inputs: readonly Input[];
  /** Inputs that may be left out. */
  readonly optional?: readonly Optional[];
  /** The names of several results; a single one is `result`. */
  readonly results?: readonly Result[];
  /** Inputs and results that the gradients read: they stay in memory until then. */
  readonly saves?: readonly Saved[];
  readonly layout: LayoutRule<NoInfer<Input | Optional>> | ((attrs: Attrs) => LayoutRule<NoInfer<Input | Optional>>);
  /** The layout of the results, when it is not the first input's. */
  readonly resultLayout?: Layout;
  /** What it computes of each element, where that is all it does: what exporters read. */
  readonly formula?: Formula;
  /**
   * Runs kernels on physical tensors and returns the result, or several in the order of their names; everything made here
   * that is neither returned nor saved is freed.
   */
  forward(
    inputs: Given<NoInfer<Input>, NoInfer<Optional>, Tensor>,
    attrs: Attrs,
    context: ForwardContext,
  ): OneOrNamed<NoInfer<Result>, Tensor, readonly Tensor[]>;
  /**
   * For each input a function that computes its gradient, called where somebody wants it, or null. `grads` is that of the
   * result, or those of several by name, undefined where none came. Written with Variables and ops: where those can be
   * differentiated, so can this. Without it the op cannot be differentiated, and says so.
   */
  gradients?(
    grads: OneOrNamed<NoInfer<Result>, Variable, { [Name in NoInfer<Result>]: Variable | undefined }>,
    saved: { [Name in NoInfer<Saved>]: Name extends Optional ? Variable | undefined : Variable },
    attrs: Attrs,
    shapes: { [Name in NoInfer<Input>]: readonly number[] },
  ): { [Name in NoInfer<Input | Optional>]: Gradient };
}

/** Runs the op on Variables and records it. */
export type Op<
  Input extends string,
  Attrs extends object = object,
  Optional extends string = never,
  Result extends string = 'result',
> = (
  inputs: Given<Input, Optional, Variable>,
  ...attrs: AttrsArgument<Attrs>
) => OneOrNamed<Result, Variable, { [Name in Result]: Variable }>;

/** A definition after the compiler has looked at its names. */
interface Checked {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly optional?: readonly string[];
  readonly results?: readonly string[];
  readonly saves?: readonly string[];
  readonly layout: LayoutRule<string> | ((attrs: object) => LayoutRule<string>);
  readonly resultLayout?: Layout;
  readonly formula?: Formula;
  forward(inputs: ByName<Tensor>, attrs: object, context: ForwardContext): Tensor | readonly Tensor[];
  gradients?(
    grads: Variable | ByName<Variable | undefined> | undefined,
    saved: ByName<Variable | undefined>,
    attrs: object,
    shapes: ByName<readonly number[]>,
  ): ByName<Gradient>;
}

type ByName<Value> = Record<string, Value>;

/** The op for inputs of these names, as the tape knows it. */
interface Form {
  readonly names: readonly string[];
  readonly op: ListOpDefinition<object, Tensor | readonly Tensor[]>;
}

/**
 * Declares an op and gives it as a function on Variables: `const y = op({ x, slopes }, attrs)`.
 *
 * Inputs, results and gradients go by name, and the compiler knows the names. Annotate the attributes where they are read
 * first; an op that calls itself needs its type, `const op: Op<'x', Attrs> = defineOp({ ... })`.
 *
 * @example
 * const mul = defineOp({
 *   name: 'mul',
 *   inputs: ['a', 'b'],
 *   saves: ['a', 'b'],
 *   layout: 'any',
 *   forward: ({ a, b }) => tf.mul(a, b),
 *   gradients: (g, { a, b }) => ({ a: () => g.mul(b), b: () => g.mul(a) }),
 * });
 */
export function defineOp<
  const Input extends string,
  const Optional extends string = never,
  const Result extends string = 'result',
  const Saved extends NoInfer<Input | Optional | Result> = never,
  Attrs extends object = object,
>(definition: OpDefinition<Input, Optional, Result, Saved, Attrs>): Op<Input, Attrs, Optional, Result>;
export function defineOp(definition: Checked): (inputs: ByName<Variable>, attrs?: object) => unknown {
  checkDefinition(definition, 'defineOp', ['name', 'inputs', 'forward']);
  const { inputs, optional = [], results } = definition;
  const names = [...inputs, ...optional];
  const whole = formOf(definition, names);
  const partial = new Map<string, Form>();
  const formFor = (given: ByName<Variable>) => {
    const there = names.filter((name) => given[name] ?? inputs.includes(name));
    if (there.length === names.length) return whole;
    const key = there.join();
    const form = partial.get(key) ?? formOf(definition, there);
    partial.set(key, form);
    return form;
  };
  return (given, attrs = {}) => {
    const { names, op } = optional.length === 0 ? whole : formFor(given);
    const made = runOp(
      op,
      names.map((name) => given[name] ?? refuse(definition, name)),
      attrs,
    );
    return results ? byName(results, made as Variable[]) : made;
  };
}

function formOf(definition: Checked, names: readonly string[]): Form {
  const { name, resultLayout, layout, results = ['result'], saves = [], formula } = definition;
  const single = !definition.results;
  const places = (from: readonly string[], wanted: readonly string[]) => wanted.map((one) => from.indexOf(one));
  const savedInputs = saves.filter((one) => names.includes(one));
  const savedResults = saves.filter((one) => results.includes(one));
  const [inputPlaces, resultPlaces] = [places(names, savedInputs), places(results, savedResults)];
  const op: Form['op'] = {
    name,
    inputNames: names,
    ...(formula && { formula }),
    layout: typeof layout === 'function' ? (attrs) => inOrder(layout(attrs), names) : inOrder(layout, names),
    ...(resultLayout && { resultLayout }),
    saves: { inputs: inputPlaces, results: resultPlaces },
    forward: (tensors, attrs, context) => definition.forward(byName(names, tensors), attrs, context),
    ...(definition.gradients && {
      gradients: (grads, { attrs, inputShapes, input, result }) => {
        const saved: ByName<Variable> = {};
        savedInputs.forEach((one, i) => (saved[one] = input(inputPlaces[i]!)));
        savedResults.forEach((one, i) => (saved[one] = result(resultPlaces[i]!)));
        const own = single ? grads[0] : byName(results, grads);
        const found = definition.gradients!(own, saved, attrs, byName(names, inputShapes));
        return names.map((one) => found[one] ?? null);
      },
    }),
  };
  return { names, op };
}

function byName<Value>(names: readonly string[], values: readonly Value[]): ByName<Value> {
  const record: ByName<Value> = {};
  for (let i = 0; i < names.length; i++) record[names[i]!] = values[i]!;
  return record;
}

/** A rule by name as one for a list. */
function inOrder(rule: LayoutRule<string>, names: readonly string[]): ListLayout {
  if (typeof rule === 'string') return rule;
  return names.map((name) => {
    const wish = rule[name] ?? 'logical';
    return wish.startsWith(LIKE) ? names.indexOf(wish.slice(LIKE.length)) : (wish as Layout | 'any');
  });
}

const LIKE = 'like ';

function refuse({ name, inputs, optional = [] }: Checked, missing: string): never {
  throw new AutogradError(`The op ${name} was called without its input "${missing}"`, {
    path: name,
    expected: `{ ${[...inputs, ...optional.map((one) => `${one}?`)].join(', ')} }`,
    hint: 'Inputs of an op go by name',
  });
}
