import { BatchSize, sameSize, type Size } from '@tessera-nn/core/internal';
import type { OperatorName, TensorType } from '../format/operators.js';

/** Numbers of a file. */
export type Numbers = Float32Array | Int32Array | Int8Array | Uint8Array;

/** How whole numbers stand for others: (q - zeroPoint) scale. */
export interface Quantization {
  /** One for all, or one for each place along `axis`. */
  readonly scales: readonly number[];
  readonly zeroPoint: number;
  readonly axis?: number;
}

/** What goes from operator to operator in a file; the maps of images lie last. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly Size[];
  readonly type: TensorType;
  /** Where no operator makes it. */
  readonly data?: Numbers;
  readonly quantization?: Quantization;
}

/** An operator of a file. */
export interface Operator {
  readonly name: OperatorName;
  /** Undefined where an input is left out. */
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly Tensor[];
  readonly options: Readonly<Record<string, number | boolean>>;
}

/** How long an axis is in a batch of one. */
export const lengthOf = (size: Size): number => (size instanceof BatchSize ? size.each + size.more : size);

export const sameSizes = (a: readonly Size[], b: readonly Size[]): boolean =>
  a.length === b.length && a.every((size, axis) => sameSize(size, b[axis]!));

/** Floats that no operator makes. */
export type Floats = Tensor & { readonly data: Float32Array };

export const isFloats = (tensor: Tensor | undefined): tensor is Floats => tensor?.data instanceof Float32Array;
