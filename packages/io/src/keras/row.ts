import type { HostValues } from '../network/convert.js';
import type { LayerOptions } from './layer-options.js';

/**
 * Where the maps of a tensor are. Images have them in front here and behind in Keras; sequences have them behind in both, but
 * for modules that move a window along them. A matrix has one way only.
 */
export type Order = 'front' | 'back';

/** A weight of a file, as float32. */
export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Which program wrote a model, where that changes what its layers mean. */
export interface Maker {
  /** The main version of Keras; tfjs-layers computes as 2 does. */
  readonly version: number;
  readonly isTfjs: boolean;
}

/** What a layer is made from. */
export interface LayerGiven {
  readonly options: LayerOptions;
  readonly maker: Maker;
  /** The rank of what it reads, and where the maps of it are. */
  readonly rank: number;
  readonly order: Order;
  /** A weight of a rank. @throws Lack where it has another one. */
  readonly weight: (name: string, rank?: number) => Weight;
  /** The same, of a weight that not every layer of the class has. */
  readonly weightIf: (name: string) => Weight | undefined;
  /** The row of a layer within the layer, for a direction, and what that is made from. */
  readonly wrapped: (way: string) => { readonly row: LayerRow; readonly given: LayerGiven; readonly className: string };
}

/** A module that stands for a layer, or for a part of it. */
export interface Part {
  readonly className: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What it holds, by names as `depthwise.W`. */
  readonly values?: Readonly<Record<string, HostValues | undefined>>;
  /** Parameters that the layer does not have, and that must not learn. */
  readonly fixed?: readonly string[];
}

/** The modules that a layer is, one behind the other, and what comes out, where that is another rank or order. */
export interface Made {
  readonly parts: readonly Part[];
  readonly rank?: number;
  readonly order?: Order;
}

/** A weight in the order in which Keras 3 numbers them, with the option without which it is not there. */
export type WeightName = readonly [name: string, unless?: string];

/** How layers of one class become modules. */
export interface LayerRow {
  readonly weights?: readonly WeightName[];
  /** Where `.keras` files number them, below the place of the layer. */
  readonly inside?: string;
  /** What older versions call them. */
  readonly oldNames?: Readonly<Record<string, string>>;
  /** Where the maps must be in what it reads; anywhere where it does not matter. */
  readonly takes?: Order;
  /** Whether it joins several inputs. */
  readonly joins?: boolean;
  /** Whether its weights are those of another layer in it. */
  readonly wraps?: readonly string[];
  make(given: LayerGiven): Made;
}
