// PuzzleLib's file of an optimizer (PuzzleLib 1.0.2, Optimizer.save): a group of numbers, and one of states by the names of
// the parameters. Its gradients have the other sign, and so has what is a mean or a sum of them.
import { DataError, option, optionsOf, type AnyModule, type Given, type Variable } from '@tessera-nn/core';
import { sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';
import { openFile, writeBytes } from '../files/open.js';
import type { FileSource, FileTarget } from '../files/place.js';
import { convert } from '../network/convert.js';
import { everyHolding, join } from '../network/names.js';
import { checkFiniteState, tensorsOf } from '../optimizer/save-optimizer.js';
import { checkOptimizer, loadState, type StateOfOptimizer, type StatefulOptimizer } from '../optimizer/stateful.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import type { Dataset } from './dataset.js';
import { puzzleLibShape } from './puzzlelib-names.js';
import { parameterName } from './puzzlelib-schemes.js';
import { openHdf5, partsOf, type Hdf5Group } from './read-hdf5.js';
import { writeHdf5 } from './write-hdf5.js';

const optimizerOptions = optionsOf('An optimizer in HDF5', {
  /** The name that PuzzleLib's `save(hdf, name)` was given. Default none. */
  name: option.text.or(''),
});
/** How `saveOptimizerHdf5` and `loadOptimizerHdf5` go. */
export type OptimizerHdf5Options = Given<typeof optimizerOptions>;

/** States that follow the gradient's sign; the others hold squares. */
const SIGNED: ReadonlySet<string> = new Set(['mom', 'mg', 'delta']);

/** PuzzleLib's dictionary of one state for all parameters has this for a key, by NumPy's name of the type. */
const GLOBAL = "<class 'numpy.float32'>";
/** On a graphics card each parameter begins at a multiple of so many values there. */
const GLOBAL_ALIGNMENT = 4;

/** A parameter, here and in the file. */
interface Parameter {
  readonly path: string;
  readonly variable: Variable;
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Saves the state of an optimizer as PuzzleLib's `Optimizer.save` does, for a network with the same names there.
 *
 * @param target a path in Node, or a {@link Place}; without one the bytes are only returned.
 * @throws OptimizerError before `setupOn`, and when a state is not finite; DataError when the file cannot be written.
 */
export async function saveOptimizerHdf5(
  optimizer: StatefulOptimizer,
  target?: FileTarget,
  options: OptimizerHdf5Options = {},
): Promise<Uint8Array> {
  checkOptimizer(optimizer, 'saveOptimizerHdf5');
  const { name } = optimizerOptions.read(options);
  const parameters = parametersOf(optimizer.module);
  const { className, t, attrs, states } = await optimizer.stateDict();
  checkFiniteState(className, tensorsOf(states));
  const names = new Set(Object.values(states).flatMap((own) => Object.keys(own)));
  const tensors = new Map<string, StoredTensor>([[`${name}.attrs/t`, int64(t)]]);
  for (const [key, value] of Object.entries(theirNumbers(className, attrs, t))) {
    tensors.set(`${name}.attrs/${key}`, { dtype: 'float64', shape: [], values: Float64Array.of(value) });
  }
  for (const { path, name: parameter, shape } of parameters) {
    for (const state of names) {
      // PuzzleLib asks for every state, also of what was never updated.
      const values = states[path]?.[state]?.values ?? new Float32Array(sizeOf(shape));
      const signed = SIGNED.has(state) ? values.map((value) => -value) : values;
      tensors.set(partsOf(`${name}.states/${parameter}.${state}`).join('/'), {
        dtype: 'float32',
        shape,
        values: signed,
      });
    }
  }
  const bytes = await writeHdf5({ tensors, groups: [`${name}.attrs`, `${name}.states`] }, null);
  if (target !== undefined) await writeBytes(target, bytes);
  return bytes;
}

/**
 * Lets an optimizer go on where one of PuzzleLib was saved, be its state one for each parameter or one for all. It must be
 * set up on a network with the same parameters. Everything is checked before anything changes.
 *
 * @throws DataError when the file is damaged or of another layout; OptimizerError naming what differs.
 */
export async function loadOptimizerHdf5(
  optimizer: StatefulOptimizer,
  file: FileSource,
  options: OptimizerHdf5Options = {},
): Promise<void> {
  checkOptimizer(optimizer, 'loadOptimizerHdf5');
  const { name } = optimizerOptions.read(options);
  const { name: source, bytes } = await openFile(file);
  const opened = openHdf5(bytes, source);
  const [attrs, group] = [opened.group(`${name}.attrs`), opened.group(`${name}.states`)];
  if (!attrs) {
    throw new DataError(`${source} holds no optimizer${name && ` "${name}"`}`, {
      path: source,
      expected: `a group "${name}.attrs"`,
      received: opened.names().join(', '),
      hint: 'If it was saved under another name, pass that as name',
    });
  }
  const { className } = await optimizer.stateDict();
  const { t, ...numbers } = await numbersIn(attrs, source);
  const parameters = parametersOf(optimizer.module);
  // PuzzleLib writes zeros before the first step.
  const states = t === 0 || !group ? new Map<string, State>() : await statesIn(group, parameters, source);
  const state: StateOfOptimizer = {
    className,
    t: t ?? NaN,
    attrs: ourNumbers(className, numbers),
    states: Object.fromEntries(parameters.map(({ path }) => [path, Object.fromEntries(states.get(path) ?? [])])),
  };
  loadState(optimizer, state, source);
}

type State = Map<string, StateOfOptimizer['states'][string][string]>;

/** Adam's rate is called `alpha` there; its `learnRate` is what the last step made of it. */
function theirNumbers(className: string, { learnRate, ...others }: Record<string, number>, t: number) {
  if (className !== 'Adam') return { learnRate: learnRate!, ...others };
  const { beta1, beta2 } = others;
  const corrected = t === 0 ? 0 : (learnRate! * Math.sqrt(1 - beta2! ** t)) / (1 - beta1! ** t);
  return { ...others, alpha: learnRate!, learnRate: corrected };
}

function ourNumbers(className: string, { alpha, ...others }: Record<string, number>): Record<string, number> {
  if (alpha === undefined) return others;
  return className === 'Adam' ? { ...others, learnRate: alpha } : { ...others, alpha };
}

const int64 = (value: number): StoredTensor => ({ dtype: 'int64', shape: [], values: BigInt64Array.of(BigInt(value)) });

/** The parameters under the names that PuzzleLib gives them: the network's own name is not in front. */
function parametersOf(net: AnyModule): Parameter[] {
  const first = new Map<Variable, Parameter>();
  for (const holding of everyHolding(net)) {
    const { path, module, key, variable } = holding;
    if (!variable.isParameter || first.has(variable)) continue;
    const name = join(path, parameterName(module.className, key));
    first.set(variable, { path: join(path, key), variable, name, shape: puzzleLibShape(holding) });
  }
  return [...first.values()];
}

async function numbersIn(attrs: Hdf5Group, source: string): Promise<Record<string, number>> {
  const entries = attrs.leaves().map(async (name) => {
    const dataset = attrs.dataset(name)!;
    if (dataset.shape.length > 0) {
      throw new DataError(`${source} has unreadable numbers`, { path: source, expected: `one number for ${name}` });
    }
    return [name, Number((await dataset.tensor()).values[0])] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** States by the paths of parameters here. */
async function statesIn(
  group: Hdf5Group,
  parameters: readonly Parameter[],
  source: string,
): Promise<Map<string, State>> {
  const states = new Map<string, State>(parameters.map(({ path }) => [path, new Map()]));
  const byName = new Map(parameters.map((parameter) => [plain(parameter.name), parameter]));
  for (const name of group.leaves()) {
    const at = name.lastIndexOf('.');
    const [owner, key] = [name.slice(0, Math.max(0, at)), name.slice(at + 1)];
    const dataset = group.dataset(name)!;
    const put = (values: Float32Array, { path, variable: { shape } }: Parameter) => {
      const signed = SIGNED.has(key) ? values.map((value) => -value) : values.slice();
      states.get(path)!.set(key, { shape, values: signed });
    };
    if (owner === GLOBAL) {
      const places = placesInAll(dataset, parameters, source);
      const values = await floatsOf(dataset, source, name);
      for (const [parameter, start] of places) put(values.subarray(start, start + parameter.variable.size), parameter);
      continue;
    }
    const parameter = byName.get(plain(owner));
    if (!parameter) {
      throw new DataError(`${source} holds a state "${name}" of a parameter that the network has not`, {
        path: source,
        expected: parameters.map((known) => known.name).join(', '),
      });
    }
    const squeezed = (shape: readonly number[]) => shape.filter((size) => size !== 1);
    // Before anything is read: a hostile file may claim any size.
    if (!sameShape(squeezed(dataset.shape), squeezed(parameter.shape))) {
      throw new DataError(`${source} holds a state "${name}" of another shape`, {
        path: source,
        expected: shapeText(parameter.shape),
        received: shapeText(dataset.shape),
      });
    }
    put(await floatsOf(dataset, source, name), parameter);
  }
  return states;
}

async function floatsOf(dataset: Dataset, source: string, name: string): Promise<Float32Array> {
  const values = convert(await dataset.tensor(), 'float32');
  if (values instanceof Float32Array) return values;
  throw new DataError(`${source} holds an unreadable state "${name}"`, { path: source, received: String(values) });
}

/** Where each parameter begins in the one state for all: they lie there by name, on a graphics card at whole blocks. */
function placesInAll({ shape }: Dataset, parameters: readonly Parameter[], source: string): [Parameter, number][] {
  const sorted = [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
  const total = sizeOf(shape);
  for (const alignment of [1, GLOBAL_ALIGNMENT]) {
    let end = 0;
    const places = sorted.map((parameter): [Parameter, number] => {
      const start = end;
      end += Math.ceil(parameter.variable.size / alignment) * alignment;
      return [parameter, start];
    });
    if (shape.length === 1 && end === total) return places;
  }
  throw new DataError(`${source} holds a state for all parameters of another size`, {
    path: source,
    expected: `${sorted.reduce((sum, { variable }) => sum + variable.size, 0)} values`,
    received: shapeText(shape),
  });
}

/** A name without what tells apart dots that part it from those in it, and as HDF5 reads slashes. */
const plain = (name: string): string => partsOf(`${name}.x`).join('/').replaceAll('.', '_');
