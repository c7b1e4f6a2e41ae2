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
import { filled, shapeText } from '@tessera-nn/core/internal';
import { dropout } from '../dropout/index.js';

const options = optionsOf('Dropout2D', {
  /** The probability of dropping a map, from 0 to 1. Default 0.5. */
  p: option.numberBetween(0, 1).or(0.5),
  /** Where chance comes from. Default: the shared stream of `seed`. */
  rng: option.objectWith<RandomStream>('a random stream', 'reserve').or(null),
  ...named,
});
export type Dropout2DOptions = Given<typeof options>;

/**
 * Dropout of whole maps: in train mode sets all of a map of a sample to 0 with probability p and multiplies the others by
 * 1 / (1 - p); the gradient goes through the same maps. In eval mode y = x. Neighbouring pixels say much the same, so that
 * dropping them one by one drops little.
 *
 * Shapes: `[batch, maps, ...]` to the same. Source: Tompson et al. 2015; PuzzleLib's `Dropout2D`, PyTorch's `Dropout2d`.
 *
 * @example
 * new Dropout2D(0.2);
 * @throws ValueError when p is not a probability; ShapeError for an input without maps.
 */
export class Dropout2D extends Module {
  static override readonly className = 'Dropout2D';

  readonly p: number;
  readonly #rng: RandomStream | null;

  constructor(...given: Arguments<[p?: number, rng?: RandomStream | null, name?: string], Dropout2DOptions>) {
    const { rng, ...read } = options.arguments(given);
    super(read, read);
    this.p = read.p;
    this.#rng = rng;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.length >= 2) return [...shape];
    throw this.shapeError(`input ${shapeText(shape)} has no maps`, {
      expected: '[batch, maps, ...]',
      received: shapeText(shape),
    });
  }

  protected override updateData(data: Variable): Variable {
    if (!this.training || this.p === 0) return data;
    if (this.p === 1) return zerosLike(data);
    const [batch, maps, ...places] = data.shape;
    const ones = new Variable(filled([batch!, maps!], 1), { shape: [batch!, maps!] });
    const { key, counter } = (this.#rng ?? randomStream()).reserve(ones.size);
    const threshold = Math.floor((1 - this.p) * (2 ** 32 - 1));
    const kept = greater(dropout(ones, { key, counter, threshold, factor: 1 }), 0);
    const scaled = affine(data, 1 / (1 - this.p), 0);
    return where(reshape(kept, [batch!, maps!, ...places.map(() => 1)]), scaled, zerosLike(data));
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}
