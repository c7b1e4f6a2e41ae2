import type { AnyNode, Dtype } from '@tessera-nn/core';
import type { HostArray, OpenSize } from './host-array.js';

/** A shape whose sizes may follow the batch, or be open. */
export type OpenShape = readonly OpenSize[];

/** What is known while the file is read: a weight, a constant, or what was computed of them. */
export class Constant {
  /** @param learns whether it is a weight that is to be trained, as initializers of floats are. */
  constructor(
    readonly array: HostArray,
    readonly learns: boolean,
  ) {}

  get shape(): readonly number[] {
    return this.array.shape;
  }

  get dtype(): Dtype {
    return this.array.dtype;
  }
}

/** What the network computes: what a node returns, or one entry of the list that it returns. */
export class Flow {
  constructor(
    readonly node: AnyNode,
    readonly slot: number | undefined,
    /** Undefined where the file does not say enough. */
    readonly shape: OpenShape | undefined,
    readonly dtype: Dtype,
  ) {}
}

/** What goes from node to node of a file. */
export type Value = Constant | Flow;
