import {
  ModuleError,
  option,
  optionsOf,
  TesseraError,
  ValueError,
  type AnyModule,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { checkModule, isPlainObject, shapeText, unexpectedName } from '@tessera-nn/core/internal';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { convert, type HostValues } from '../network/convert.js';
import { everyHolding, type Holding } from '../network/names.js';
import { Problems } from '../network/problems.js';
import { putValues } from '../network/put-values.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { fitOf, isOnlyKeras, permute, type WeightLayout } from './fit.js';
import { flattenedMaps } from './flattened.js';
import { NameMatcher, type NameMap } from './names.js';
import { readTensors } from './read-tensors.js';

const layouts: readonly unknown[] = ['torch', 'tessera', 'keras'];
/** An object whose values all fit, by names. */
const isRecord = (value: unknown, fits: (entry: unknown) => boolean) =>
  isPlainObject(value) && Object.values(value).every(fits);

const noMaps: Readonly<Record<string, number>> = {};

const loadWeightsOptions = optionsOf('loadWeights', {
  /** From names in the file to names in the network. */
  map: option.kind<NameMap>(
    'a function, or names with what stands for them',
    (value) => typeof value === 'function' || isPlainObject(value),
  ).optional,
  /**
   * How tensors lie in the file; asked for where their shapes do not tell. A checkpoint of Tessera and a file of PyTorch need none.
   */
  layout: option.kind<WeightLayout>(
    "'torch', 'tessera' or 'keras', or { name: 'keep' | 'turn' }",
    (value) => layouts.includes(value) || isRecord(value, (way) => way === 'keep' || way === 'turn'),
  ).optional,
  /**
   * For matrices of Linear in a file of Keras, where the order of the network does not tell: how many maps the flattened
   * image has that they read, 1 where it is none.
   */
  flattened: option
    .kind<Readonly<Record<string, number>>>('counts of maps by name', (value) =>
      isRecord(value, (maps) => option.count.accepts(maps)),
    )
    .or(noMaps),
  /** Whether float32 may take the nearest of numbers of other types that it cannot keep exactly. Default false. */
  round: option.flag.or(false),
  /** Whether every tensor must have its counterpart, in both directions. Default true. */
  strict: option.flag.or(true),
});
/** How `loadWeights` goes. */
export type LoadWeightsOptions = Given<typeof loadWeightsOptions>;

/** What `loadWeights` did. */
export interface WeightsReport {
  /** What was loaded: the name in the file, and in the network. */
  readonly matched: { readonly from: string; readonly to: string }[];
  /** Names in the network that got nothing. */
  readonly missing: string[];
  /** Names in the file that went nowhere. */
  readonly extra: string[];
  /** What came in another shape or order of axes, and why that is right. */
  readonly reshaped: {
    readonly name: string;
    readonly from: readonly number[];
    readonly to: readonly number[];
    readonly why: string;
  }[];
}

/** Shapes alone do not tell how tensors of a file lie. */
export class AmbiguousLayoutError extends TesseraError {
  static {
    this.named('AmbiguousLayoutError');
  }
}

interface Place extends Holding {
  readonly name: string;
}

/**
 * Loads weights of PyTorch, Lucid and others into a network, by name: from a state dict of `torch.save`, which is read and never
 * run, and from safetensors and npz files.
 *
 * Names of PyTorch and Keras for what a module holds (`weight`, `running_mean`, `gamma`, ...) are known. Matrices of `Linear`
 * are turned where their shape shows that they lie as [outsize, insize]; slopes are recognised as [maps], [1, maps, 1, 1],
 * [1, 1, maps] and [maps, 1, 1]. Everything is checked before anything changes, and no value may lose anything: half
 * precision is widened, float64 is taken where float32 keeps its values, or with `round`.
 *
 * @throws AmbiguousLayoutError where tensors fit in two ways, as square matrices do: pass `layout`. ModuleError listing what is
 *   missing, extra (when `strict`) or does not fit. DataError when the file is damaged.
 *
 * @example
 * const file = writeSafetensors([
 *   ['fc.weight', { shape: [2, 4], values: new Float32Array(8) }],
 *   ['fc.bias', { shape: [2], values: new Float32Array(2) }],
 * ]);
 * const { matched } = await loadWeights(new Sequential([head]), file, { map: { fc: '0' }, layout: 'torch' });
 * console.log(matched.length); // 2
 */
export async function loadWeights(
  net: AnyModule,
  source: FileSource,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  checkModule(net, 'loadWeights');
  const { map, layout, flattened, round, strict } = loadWeightsOptions.read(options);
  const { name: path, bytes } = await openFile(source);
  const places = placesByName(net);
  checkNames('flattened', flattened, places);
  if (typeof layout === 'object') checkNames('layout', layout, places);
  // Were every value a float64.
  const needed = 8 * [...places.values()].reduce((sum, { variable }) => sum + variable.size, 0);
  const file = await readTensors(bytes, path, needed);
  const { tensors } = file;
  const report: WeightsReport = { matched: [], missing: [], extra: [], reshaped: [] };
  const problems = new Problems();
  const doubts = new Problems();
  const values = new Map<Variable, HostValues>();
  const matcher = new NameMatcher(places.keys(), map);
  const placeOf = (from: string) => {
    const to = matcher.match(from);
    return { to, place: typeof to === 'string' ? places.get(to) : undefined };
  };
  // A kernel that Keras alone has so tells how the matrices of the same file lie.
  const ofKeras = () => [...tensors].some(([from, tensor]) => isKernelOfKeras(tensor, placeOf(from).place));
  const lies = layout ?? file.layout ?? (ofKeras() ? 'keras' : undefined);
  const images = flattenedMaps(net);

  for (const [from, tensor] of tensors) {
    const { to, place } = placeOf(from);
    if (!place) {
      report.extra.push(from);
      if (to === undefined && strict) problems.add(() => unexpectedName(from, [...places.keys()]));
      continue;
    }
    const { name, variable } = place;
    const fit = fitOf(tensor, { ...place, flattened: flattened[name] ?? images.get(place.module) }, lies);
    const converted = convert(tensor, variable.dtype, round);
    if (!fit)
      problems.add(() => `"${from}" ${shapeText(tensor.shape)} does not fit "${name}" ${shapeText(variable.shape)}`);
    else if ('ambiguous' in fit) doubts.add(() => `"${from}" for "${name}": ${fit.ambiguous}`);
    else if (typeof converted === 'string') problems.add(() => `"${from}" ${converted}`);
    else {
      const ordered = fit.axes ? permute(converted, fit.through ?? tensor.shape, fit.axes) : converted;
      const before = values.get(variable);
      if (before && !sameBits(before, ordered))
        problems.add(() => `"${from}" has other values than what "${name}" shares`);
      values.set(variable, ordered);
      report.matched.push({ from, to: name });
      if (fit.why !== undefined) report.reshaped.push({ name, from: tensor.shape, to: variable.shape, why: fit.why });
    }
  }
  for (const { name, key, variable } of places.values()) {
    if (values.has(variable)) continue;
    report.missing.push(name);
    const isCounted = key !== 'numOfProps' || lies !== 'keras'; // Keras has no count of batches
    if (strict && isCounted && doubts.count === 0) problems.add(() => `missing "${name}" ${shapeText(variable.shape)}`);
  }
  refuse({ net, source: path, problems, doubts });
  putValues(values);
  return report;
}

/** @throws ValueError where an option is for a name that the network has not. */
function checkNames(of: string, given: object, places: ReadonlyMap<string, Place>): void {
  for (const name of Object.keys(given)) {
    if (places.has(name)) continue;
    throw new ValueError(`loadWeights: ${of} is for names of the network: ${unexpectedName(name, [...places.keys()])}`);
  }
}

function isKernelOfKeras(tensor: StoredTensor, place: Place | undefined): boolean {
  return place !== undefined && isOnlyKeras(tensor, place);
}

function refuse(found: { net: AnyModule; source: string; problems: Problems; doubts: Problems }): void {
  const { net, source, problems, doubts } = found;
  if (problems.count > 0) {
    throw new ModuleError(`${source} does not fit ${net.label}: ${String(problems)}`, {
      path: source,
      hint: 'Give names with map, or take what fits with strict: false',
    });
  }
  if (doubts.count > 0) {
    throw new AmbiguousLayoutError(`The shapes in ${source} do not tell how its tensors lie: ${String(doubts)}`, {
      path: source,
      expected: "the option layout: 'torch', 'tessera' or 'keras', or { name: 'keep' | 'turn' }",
    });
  }
}

function placesByName(net: AnyModule): Map<string, Place> {
  const holdings = Array.from(everyHolding(net), (holding): [string, Place] => {
    const name = holding.path ? `${holding.path}.${holding.key}` : holding.key;
    return [name, { ...holding, name }];
  });
  return new Map(holdings);
}

function sameBits(a: HostValues, b: HostValues): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
