import { ModuleError, TesseraError, type AnyModule, type Variable } from '@tessera-nn/core';
import { shapeText, unexpectedName } from '@tessera-nn/core/internal';
import { openFile } from '../files/open.js';
import type { FileSource } from '../files/place.js';
import { convert, type HostValues } from '../network/convert.js';
import { everyHolding, type Holding } from '../network/names.js';
import { putValues } from '../network/put-values.js';
import { readNpz } from '../numpy/npz.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { fitOf, permute, type WeightLayout } from './fit.js';
import { NameMatcher, type NameMap } from './names.js';

export interface LoadWeightsOptions {
  /** From names in the file to names in the network. */
  map?: NameMap;
  /** How tensors lie in the file; asked for where their shapes do not tell. A checkpoint of Tessera needs none. */
  layout?: WeightLayout;
  /** Whether every tensor must have its counterpart, in both directions. Default true. */
  strict?: boolean;
}

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
  override name = 'AmbiguousLayoutError';
}

interface Place extends Holding {
  readonly name: string;
}

/**
 * Loads weights of PyTorch, Lucid and others into a network, from a safetensors or npz file, by name.
 *
 * Names of PyTorch and Keras for what a module holds (`weight`, `running_mean`, `gamma`, ...) are known. Matrices of `Linear`
 * are turned where their shape shows that they lie as [outsize, insize]; slopes are recognised as [maps], [1, maps, 1, 1],
 * [1, 1, maps] and [maps, 1, 1]. Everything is checked before anything changes, and no value may lose anything: half
 * precision is widened, float64 is refused.
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
  file: FileSource,
  { map, layout, strict = true }: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  const { name: source, bytes } = await openFile(file);
  const places = placesByName(net);
  const { tensors, ownFormat } = await readTensors(bytes, source, [...places.values()]);
  const report: WeightsReport = { matched: [], missing: [], extra: [], reshaped: [] };
  const problems: string[] = [];
  const doubts: string[] = [];
  const values = new Map<Variable, HostValues>();
  const matcher = new NameMatcher(places.keys(), map);

  for (const [from, tensor] of tensors) {
    const to = matcher.match(from);
    const place = typeof to === 'string' ? places.get(to) : undefined;
    if (!place) {
      report.extra.push(from);
      if (to === undefined && strict) problems.push(unexpectedName(from, [...places.keys()]));
      continue;
    }
    const { name, variable } = place;
    const fit = fitOf(tensor, place, layout ?? (ownFormat ? 'tessera' : undefined));
    const converted = convert(tensor, variable.dtype);
    if (!fit) problems.push(`"${from}" ${shapeText(tensor.shape)} does not fit "${name}" ${shapeText(variable.shape)}`);
    else if ('ambiguous' in fit) doubts.push(`"${from}" for "${name}": ${fit.ambiguous}`);
    else if (typeof converted === 'string') problems.push(`"${from}" ${converted}`);
    else {
      const ordered = fit.axes ? permute(converted, tensor.shape, fit.axes) : converted;
      const before = values.get(variable);
      if (before && !sameBits(before, ordered)) problems.push(`"${from}" has other values than what "${name}" shares`);
      values.set(variable, ordered);
      report.matched.push({ from, to: name });
      if (fit.why !== undefined) report.reshaped.push({ name, from: tensor.shape, to: variable.shape, why: fit.why });
    }
  }
  for (const { name, variable } of places.values()) {
    if (values.has(variable)) continue;
    report.missing.push(name);
    if (strict && doubts.length === 0) problems.push(`missing "${name}" ${shapeText(variable.shape)}`);
  }
  refuse({ net, source, problems, doubts });
  putValues(values);
  return report;
}

function refuse(found: { net: AnyModule; source: string; problems: string[]; doubts: string[] }): void {
  const { net, source, problems, doubts } = found;
  if (problems.length > 0) {
    throw new ModuleError(`${source} does not fit ${net.label}: ${problems.join('; ')}`, {
      path: source,
      hint: 'Give names with map, or take what fits with strict: false',
    });
  }
  if (doubts.length > 0) {
    throw new AmbiguousLayoutError(`The shapes in ${source} do not tell how its tensors lie: ${doubts.join('; ')}`, {
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

async function readTensors(
  bytes: Uint8Array,
  source: string,
  places: readonly Place[],
): Promise<{ tensors: ReadonlyMap<string, StoredTensor>; ownFormat: boolean }> {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    // As much as the network needs, were every value a float64, beside the file itself.
    const limit = places.reduce((sum, { variable }) => sum + variable.size * 8, 2 * bytes.length);
    return { tensors: await readNpz(bytes, { source, limit }), ownFormat: false };
  }
  const { tensors, metadata } = readSafetensors(bytes, source);
  return { tensors, ownFormat: metadata.get('format') === 'tessera' };
}

function sameBits(a: HostValues, b: HostValues): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
