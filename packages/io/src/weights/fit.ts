// How a tensor of a file can lie in a Variable. Where two ways fit, the caller says which: a network that runs on weights
// turned the wrong way gives numbers, only wrong ones.
import type { AnyModule, Variable } from '@tessera-nn/core';
import { sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';
import { Conv2D, Linear, PRelu, PReLU } from '@tessera-nn/modules';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import type { FlattenedMaps } from './flattened.js';

/**
 * How the tensors of a file lie. `torch`: matrices of Linear are [outsize, insize], as PyTorch and Lucid have them;
 * `tessera`: as here and in PuzzleLib, [insize, outsize]; `keras`: maps come last, in kernels, in slopes of each element, and
 * in what Flatten makes of an image. Or for single names of the network `keep` or `turn`.
 */
export type WeightLayout = 'torch' | 'tessera' | 'keras' | Readonly<Record<string, 'keep' | 'turn'>>;

/** A way to bring a tensor into a Variable's shape. */
export interface Fit {
  /** For each axis of the result, the axis of the tensor; undefined where values stay in their order. */
  readonly axes?: readonly number[];
  /** The shape that the tensor is read in for it; its own where there is none. */
  readonly through?: readonly number[];
  /** Why something changes; undefined where nothing does. */
  readonly why?: string;
}

/** Two ways fit. */
export interface Ambiguity {
  readonly ambiguous: string;
}

/** Where a tensor goes; for the matrix of a Linear that reads flattened images the count of maps in them. */
export interface FitPlace {
  readonly name: string;
  readonly module: AnyModule;
  readonly variable: Variable;
  readonly flattened?: FlattenedMaps | undefined;
}

type Shaped = Pick<StoredTensor, 'shape'>;

/** The one way in which a tensor fits; undefined where there is none. */
export function fitOf(tensor: Shaped, place: FitPlace, layout: WeightLayout | undefined): Fit | Ambiguity | undefined {
  const fit = fitOfShape(tensor, place, layout);
  const { module, variable, flattened } = place;
  const isMatrix = module instanceof Linear && variable.rank === 2;
  if (!fit || 'ambiguous' in fit || layout !== 'keras' || !isMatrix || flattened === undefined) return fit;
  if (flattened === 'unknown' || module.insize % flattened !== 0) {
    const ask = `flattened: { '${place.name}': maps }`;
    return {
      ambiguous: `its ${module.insize} inputs may be a flattened image, which Keras has in another order: ${ask}`,
    };
  }
  const pixels = module.insize / flattened;
  if (pixels === 1 || flattened === 1) return fit;
  // The file has [pixels x maps, outsize]; Flatten counts [maps, pixels] here.
  const through = [pixels, flattened, module.outsize];
  return { through, axes: module.transpose ? [2, 1, 0] : [1, 0, 2], why: 'rows of [height, width, maps]' };
}

/** Whether a kernel can only lie as Keras has it. */
export function isOnlyKeras({ shape }: Shaped, { module, variable }: FitPlace): boolean {
  const fit = module instanceof Conv2D ? fitOfShape({ shape }, { name: '', module, variable }, undefined) : undefined;
  return fit !== undefined && 'axes' in fit && variable.rank === 4;
}

function fitOfShape(tensor: Shaped, place: FitPlace, layout: WeightLayout | undefined): Fit | Ambiguity | undefined {
  const from = tensor.shape;
  const { name, module, variable } = place;
  const to = variable.shape;
  const same = sameShape(from, to);
  const turn = turnOf(module, variable);
  const turned =
    turn &&
    sameShape(
      turn.axes.map((axis) => from[axis]!),
      to,
    )
      ? turn
      : undefined;
  if (same && turned && !isVector(from)) {
    const choice = choiceOf(name, layout, module);
    if (choice === 'turn') return turned;
    if (choice === 'keep') return {};
    return { ambiguous: `${shapeText(from)} fits as it is and as ${turn!.why}` };
  }
  if (same) return {};
  if (turned) return choiceOf(name, layout, module) === 'keep' ? undefined : turned;
  if (isVector(from) && isVector(to) && sizeOf(from) === sizeOf(to)) {
    return { why: `${shapeText(from)} and ${shapeText(to)} hold the same values in the same order` };
  }
  return undefined;
}

/** The other way in which a Variable may lie in files of other systems. */
function turnOf(module: AnyModule, variable: Variable): { axes: readonly number[]; why: string } | undefined {
  if (variable.rank === 2) {
    const why =
      module instanceof Linear ? `[${module.transpose ? 'insize, outsize' : 'outsize, insize'}]` : 'its transpose';
    return { axes: [1, 0], why };
  }
  if (module instanceof Conv2D && variable.rank === 4) {
    return { axes: [3, 2, 0, 1], why: '[height, width, inmaps, outmaps]' };
  }
  if (isPRelu(module) && variable.rank === 3) return { axes: [2, 0, 1], why: '[height, width, maps]' };
  return undefined;
}

function choiceOf(name: string, layout: WeightLayout | undefined, module: AnyModule): 'keep' | 'turn' | undefined {
  if (typeof layout === 'object') return Object.hasOwn(layout, name) ? layout[name] : undefined;
  if (layout === undefined) return undefined;
  if (module instanceof Linear) return (layout === 'torch') === module.transpose ? 'keep' : 'turn';
  if (isPRelu(module) || module instanceof Conv2D) return layout === 'keras' ? 'turn' : 'keep';
  return layout === 'tessera' ? 'keep' : undefined; // what a module of one's own means by its matrix is not known
}

const isPRelu = (module: AnyModule) => module instanceof PRelu || module instanceof PReLU;

/** At most one axis is longer than 1: slopes [maps], [1, maps, 1, 1], [1, 1, maps] and [maps, 1, 1] are the same. */
const isVector = (shape: readonly number[]) => shape.filter((size) => size !== 1).length <= 1;

/** Values with their axes in another order. */
export function permute<T extends Float32Array | Int32Array | Uint8Array>(
  values: T,
  shape: readonly number[],
  axes: readonly number[],
): T {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const sizes = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const result = values.slice() as T;
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = values[from]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
