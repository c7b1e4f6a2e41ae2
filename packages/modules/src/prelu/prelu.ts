import {
  broadcastTo,
  DtypeError,
  initialise,
  Module,
  parameter,
  ValueError,
  type InitScheme,
  type ModuleOptions,
  type Variable,
} from '@tessera-nn/core';
import { filled, sameShape, shapeText } from '@tessera-nn/core/internal';
import { overwrite } from '../inplace/inplace.js';
import { alongAxis, forEachSample, prelu } from './prelu.op.js';
import { slopeConstraint, type SlopeConstraint } from './slope-constraint.js';
import { withPenalty, type SlopePenalty } from './slope-penalty.op.js';

export interface PReluOptions extends ModuleOptions {
  /** How many slopes: the size of the input on `axis`. */
  maps?: number;
  /** PyTorch's, MegEngine's and Lucid's name for `maps`, where 1 means one slope for everything. */
  numParameters?: number;
  /** Writes the result over the input; there is no gradient through it then. Default false. */
  inplace?: boolean;
  /** One slope for everything. Default false. */
  sharedMaps?: boolean;
  /** The first slopes. Default 0.25. */
  init?: SlopeInit;
  /** The axis the slopes lie along; negative ones count from the end. Default 1, the maps. */
  axis?: number;
  /** The shape of one sample, without the batch: gives every element its own slope. In place of `maps`. */
  shape?: readonly number[];
  /** With `shape`: axes of the input (the batch is axis 0) along which the slopes are shared, as in Keras. */
  sharedAxes?: readonly number[];
  /** The number type of the slopes. There is one: float32. */
  dtype?: 'float32';
  /** Keras' name for `init`. Keras itself starts with `zeros`. */
  alphaInitializer?: SlopeInit;
  /** Applied to the slopes after each update; `nonNeg` makes negative ones 0. Default none. */
  alphaConstraint?: SlopeConstraint | null;
  /** Adds l1 sum |slope| + l2 sum slope^2 to the loss, by its gradient, once for each use in a graph. Default none. */
  alphaRegularizer?: { l1?: number; l2?: number } | null;
}

/** A number for all slopes, Keras' names for 0 and 1, or an initialisation scheme. */
export type SlopeInit = number | 'zeros' | 'ones' | Exclude<InitScheme, null | undefined>;

/** He et al. 2015; PuzzleLib, PyTorch and MegEngine all start here. */
const DEFAULT_SLOPE = 0.25;

const namedSlopes: Record<string, number> = { zeros: 0, ones: 1 };

/**
 * Leaky rectifier that learns its slopes: y = x for x > 0, y = slope x for the rest.
 *
 * dx = g for x > 0 and slope g for the rest, so the slope is the gradient at 0; dslope = sum of g x over x <= 0. Both
 * select and never multiply by a mask: infinities and the sign of zero come out right, NaN stays NaN.
 *
 * Shapes: any rank from 2, `[batch, maps, ...]` to the same; with `sharedMaps` any rank from 1. `slopes` is `[maps]`,
 * `[1]` when shared, or `shape` with the shared axes of size 1. Slopes are exempt from weight decay.
 *
 * Source: He et al., "Delving Deep into Rectifiers", 2015; names and defaults of PuzzleLib's `PRelu`.
 *
 * Also as `PReLU`, with PyTorch's `numParameters`, `init` and `weight`, and Keras' `alphaInitializer`, `alphaConstraint`,
 * `alphaRegularizer` and `sharedAxes`. Axes are ours, `[batch, maps, height, width]`: Keras' `shared_axes=[1, 2]` on images
 * is `sharedAxes: [2, 3]`.
 *
 * @example
 * const activation = new PRelu(3);
 * console.log(String(activation.slopes)); // [0.25 0.25 0.25]
 * @throws ShapeError when the input has another count of maps, ModuleError for a gradient through `inplace`.
 */
export class PRelu extends Module {
  static override readonly className = 'PRelu';

  readonly maps: number;
  readonly sharedMaps: boolean;
  readonly axis: number;
  /** The shape of one sample when every element has a slope. */
  readonly sampleShape: readonly number[] | undefined;
  slopes: Variable;
  readonly #inplace: boolean;
  readonly #penalty: SlopePenalty | undefined;

  constructor(maps: number, inplace?: boolean, sharedMaps?: boolean, name?: string);
  constructor(options: PReluOptions);
  constructor(maps: number | PReluOptions, inplace = false, sharedMaps = false, name?: string) {
    const options = typeof maps === 'number' ? { maps, inplace, sharedMaps, name } : maps;
    super(options, withoutUndefined({ ...options }));
    this.maps = options.maps ?? options.numParameters ?? 1;
    const { maps: count, numParameters = 1, shape: sample } = options;
    this.sharedMaps = options.sharedMaps ?? (count === undefined && sample === undefined && numParameters === 1);
    this.axis = options.axis ?? 1;
    this.sampleShape = options.shape;
    this.#inplace = options.inplace ?? false;
    this.#refuseBadOptions(options);
    const shape = this.#slopesShape(options.sharedAxes ?? []);
    this.slopes = parameter(firstSlopes(shape, options.alphaInitializer ?? options.init ?? DEFAULT_SLOPE), {
      shape,
      name: 'slopes',
    });
    if (options.alphaConstraint) this.slopes.constraint = slopeConstraint(options.alphaConstraint, this.label);
    const { l1 = 0, l2 = 0 } = options.alphaRegularizer ?? {};
    this.#penalty = l1 === 0 && l2 === 0 ? undefined : { l1, l2 };
  }

  /** PyTorch's, MegEngine's and Lucid's name for `slopes`. */
  get weight(): Variable {
    return this.slopes;
  }
  set weight(slopes: Variable) {
    this.slopes = slopes;
  }

  override get inplace(): boolean {
    return this.#inplace;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const shown = shapeText(shape);
    if (this.sampleShape) {
      if (!sameShape(shape.slice(1), this.sampleShape)) {
        throw this.shapeError(`input ${shown} has samples of another shape than the slopes were built for`, {
          expected: `[batch, ${this.sampleShape.join(', ')}]`,
          received: shown,
          hint: 'Share the axes that vary: sharedAxes, or one slope for each map with maps',
        });
      }
      return [...shape];
    }
    if (this.sharedMaps) {
      if (shape.length >= 1) return [...shape];
      throw this.shapeError('the input has no axes', { expected: 'rank 1 or more', received: shown });
    }
    const axis = this.axis < 0 ? this.axis + shape.length : this.axis;
    if (shape.length < 2 || axis < 0 || axis >= shape.length) {
      throw this.shapeError(`input ${shown} has no axis ${this.axis} for the slopes`, {
        expected: 'rank 2 or more, [batch, maps, ...]',
        received: shown,
        hint: 'Use sharedMaps for one slope on everything',
      });
    }
    if (shape[axis] !== this.maps) {
      const fitting = shape.findIndex((length, at) => at > 0 && length === this.maps);
      const elsewhere = fitting < 0 ? '' : `, or axis: ${fitting} if the maps lie there`;
      throw this.shapeError(
        `input ${shown} has ${shape[axis]} maps on axis ${axis}, slopes were built for ${this.maps}`,
        {
          expected: `${this.maps} on axis ${axis}`,
          received: `${shape[axis]}`,
          hint: `Use new PRelu({ maps: ${shape[axis]} })${elsewhere}`,
        },
      );
    }
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    const full = this.sampleShape;
    const own = this.#penalty ? withPenalty(this.slopes, this.#penalty) : this.slopes;
    const slopes = full ? forEachSample(broadcastTo(own, full)) : alongAxis(own, this.axis, data.rank);
    const output = prelu(data, slopes, this.#inplace ? this.label : undefined);
    if (this.#inplace) overwrite(this, data, output);
    return output;
  }

  override extraRepr(): string {
    const parts = [this.sampleShape ? `shape=${shapeText(this.sampleShape)}` : `${this.maps}`];
    if (this.sharedMaps) parts.push('sharedMaps=true');
    if (this.axis !== 1) parts.push(`axis=${this.axis}`);
    if (this.#inplace) parts.push('inplace=true');
    return parts.join(', ');
  }

  #slopesShape(sharedAxes: readonly number[]): number[] {
    if (!this.sampleShape) return [this.sharedMaps ? 1 : this.maps];
    const rank = this.sampleShape.length + 1;
    const shared = sharedAxes.map((axis) => (axis < 0 ? axis + rank : axis));
    if (shared.some((axis) => !Number.isInteger(axis) || axis < 1 || axis >= rank)) {
      throw new ValueError(`${this.label}: sharedAxes name axes of the input behind the batch`, {
        path: this.path,
        expected: `axes from 1 to ${rank - 1}, or negative ones from the end`,
        received: `[${sharedAxes.join(', ')}]`,
      });
    }
    return this.sampleShape.map((length, axis) => (shared.includes(axis + 1) ? 1 : length));
  }

  #refuseBadOptions(options: PReluOptions): void {
    const { init, alphaInitializer, alphaRegularizer, dtype, shape, sharedAxes, sharedMaps } = options;
    const refuse = (problem: string, expected: string, received: unknown) => {
      throw new ValueError(`${this.label}: ${problem}`, { path: this.path, expected, received: String(received) });
    };
    if (!Number.isInteger(this.maps) || this.maps < 1) refuse('maps counts slopes', 'a whole number from 1', this.maps);
    if (!Number.isInteger(this.axis)) refuse('axis is no axis', 'a whole number', this.axis);
    for (const start of [init, alphaInitializer])
      if (typeof start === 'number' && !Number.isFinite(start)) refuse('init is no slope', 'a finite number', start);
    if (init !== undefined && alphaInitializer !== undefined)
      refuse('init and alphaInitializer are two names of one thing', 'one of them', 'both');
    if (dtype !== undefined && dtype !== 'float32') {
      throw new DtypeError(`${this.label}: slopes have one number type`, {
        path: this.path,
        expected: 'float32',
        received: String(dtype),
      });
    }
    for (const [name, factor] of Object.entries(alphaRegularizer ?? {}))
      if (!(name === 'l1' || name === 'l2') || !(Number.isFinite(factor) && factor >= 0))
        refuse(
          'alphaRegularizer holds factors of a penalty',
          '{ l1, l2 }, finite numbers from 0',
          `${name}: ${factor}`,
        );
    if (sharedAxes && !shape) refuse('sharedAxes needs the shape of a sample', 'shape: [maps, height, width]', shape);
    if (shape && sharedMaps) refuse('a table of slopes is not shared as a whole', 'shape or sharedMaps', 'both');
  }
}

function firstSlopes(shape: readonly number[], init: SlopeInit): Float32Array {
  const start = typeof init === 'string' ? (namedSlopes[init] ?? init) : init;
  if (typeof start !== 'number') return initialise(shape, { scheme: start as InitScheme });
  return filled(shape, start);
}

/** The same class under the name of PyTorch, Keras, MegEngine and Lucid. */
export { PRelu as PReLU };

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
