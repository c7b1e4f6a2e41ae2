import { initialise, named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { fromFront } from '@tessera-nn/core/internal';
import { Lookup } from './lookup.js';

const options = optionsOf('Embedding', {
  numEmbeddings: option.count,
  embeddingDim: option.count,
  /** A row that starts as zeros and gets no gradient; counted from the end where negative. Default: none. */
  paddingIdx: option.whole.or(null),
  ...named,
});
export type EmbeddingOptions = Given<typeof options>;

/**
 * A row of a table for each whole number, as PyTorch makes it: y[i] = W[x[i]]. Gradients are those of `Embedder`, which is
 * PuzzleLib's; initially W is normally distributed.
 *
 * Shapes: any of int32 to `[..., embeddingDim]`. W is `[numEmbeddings, embeddingDim]` and exempt from weight decay. Source:
 * PyTorch's `Embedding`.
 *
 * @example
 * new Embedding(1000, 16, 0);
 * @throws ShapeError for numbers that have no row, but not on webgl; DtypeError for numbers that are not int32.
 */
export class Embedding extends Lookup {
  static override readonly className = 'Embedding';

  constructor(
    ...given: Arguments<
      [numEmbeddings: number, embeddingDim: number, paddingIdx?: number | null, name?: string],
      EmbeddingOptions
    >
  ) {
    const read = options.arguments(given);
    const { numEmbeddings: rows, embeddingDim: embsize, paddingIdx } = read;
    const values = initialise([rows, embsize], { scheme: 'gaussian' });
    const padding = paddingIdx === null ? null : fromFront(paddingIdx, rows);
    super(read, read, { values, embsize, padding, learnable: true });
  }

  override extraRepr(): string {
    return [this.W.shape.join(', '), ...options.changes({ paddingIdx: this.padding })].join(', ');
  }
}
