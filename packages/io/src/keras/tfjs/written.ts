import type { Variable } from '@tessera-nn/core';
import type { Order } from '../row.js';

/** A weight as tfjs-layers has it. */
export interface WrittenWeight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A layer of tfjs-layers. */
export interface WrittenLayer {
  readonly className: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** By their names, in the order in which the layer has them. */
  readonly weights?: Readonly<Record<string, WrittenWeight>>;
}

/** What a module becomes, and what comes out, where that has its maps in another place. */
export interface WrittenModule {
  readonly layers: readonly WrittenLayer[];
  readonly order?: Order;
}

/** What the layers of a module are made from. */
export interface ModuleGiven {
  /** Where the maps of what it reads are here; in front they are behind there, and elsewhere all axes are as here. */
  readonly order: Order;
  /** What it reads, and what comes out; the batch in front. */
  readonly shape: readonly number[];
  readonly after: readonly number[];
  /** The values of a parameter or buffer. */
  readonly values: (variable: Variable) => Float32Array;
}
