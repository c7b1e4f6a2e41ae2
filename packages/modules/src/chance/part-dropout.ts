import {
  affine,
  greater,
  Module,
  named,
  option,
  optionsOf,
  randomStream,
  reshape,
  Variable,
  where,
  zerosLike,
  type Arguments,
  type Given,
  type RandomStream,
} from '@tessera-nn/core';
import { filled, shapeText, sizeOf } from '@tessera-nn/core/internal';
import { dropout } from '../dropout/index.js';
import { rng } from './rng.js';

const options = optionsOf('A dropout of parts', {
  /** The probability of dropping a part, from 0 to 1. Default 0.5. */
  p: option.numberBetween(0, 1).or(0.5),
  /** Where chance comes from. Default: the shared stream of `seed`. */
  rng,
  ...named,
});
export type PartDropoutOptions = Given<typeof options>;

/** Sets whole parts of the input to 0 by chance, and multiplies the others by 1 / (1 - p). */
export abstract class PartDropout extends Module {
  readonly p: number;
  /** Where it draws from; null stands for the shared stream. */
  readonly rng: RandomStream | null;

  constructor(...given: Arguments<[p?: number, rng?: RandomStream | null, name?: string], PartDropoutOptions>) {
    const { rng, ...read } = options.arguments(given, new.target.className);
    super(read, read);
    this.p = read.p;
    this.rng = rng;
  }

  /** What each part is one of, by name: the axes that tell the parts apart. */
  protected abstract get parts(): readonly string[];

  override dataShapeFrom(shape: readonly number[]): number[] {
    const { parts } = this;
    if (shape.length >= parts.length) return [...shape];
    throw this.shapeError(`input ${shapeText(shape)} has no ${parts.at(-1)}`, {
      expected: `[${parts.join(', ')}, ...]`,
      received: shapeText(shape),
    });
  }

  protected override updateData(data: Variable): Variable {
    if (!this.training || this.p === 0) return data;
    if (this.p === 1) return zerosLike(data);
    const shape = data.shape.map((size, axis) => (axis < this.parts.length ? size : 1));
    const ones = new Variable(filled([sizeOf(shape)], 1));
    const { key, counter } = (this.rng ?? randomStream()).reserve(ones.size);
    const threshold = Math.floor((1 - this.p) * (2 ** 32 - 1));
    const kept = greater(dropout(ones, { key, counter, threshold, factor: 1 }), 0);
    return where(reshape(kept, shape), affine(data, 1 / (1 - this.p), 0), zerosLike(data));
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}
