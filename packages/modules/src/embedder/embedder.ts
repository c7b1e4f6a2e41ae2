import {
  initialise,
  initscheme,
  named,
  option,
  optionsOf,
  type Arguments,
  type Given,
  type InitScheme,
} from '@tessera-nn/core';
import { isPlainObject, shapeText } from '@tessera-nn/core/internal';
import { Lookup, padding } from './lookup.js';

/** Which row each word has. */
export type Vocabulary = Readonly<Record<string, number>>;

const options = optionsOf(
  'Embedder',
  {
    /** How many rows there are, or the words with their rows. */
    vocabulary: option.kind<number | Vocabulary>('a count, or words with the rows 0, 1, 2 and so on', (value) =>
      isPlainObject(value) ? hasEachRow(value) : Number.isInteger(value) && (value as number) >= 1,
    ),
    /** How many numbers the last axis of the input has; null for any. */
    sentlength: option.count.or(null),
    /** The length of a row. */
    embsize: option.count,
    /** Is given the first rows, one behind the other, and may change them. */
    onVocabulary: option.callback<(rows: Float32Array) => void>().or(null),
    /** Default `uniform`. */
    initscheme: initscheme.or('uniform'),
    /** Spread of the schemes `gaussian` and `uniform`. Default 1. */
    wscale: option.number.or(1),
    /** Whether W is learned. Default true. */
    learnable: option.flag.or(true),
    ...named,
  },
  {
    /**
     * The number that stands for no word: -1 names zeros; from 0 on it is a row that starts as zeros and gets no gradient;
     * null for none. Default -1.
     */
    padding: padding.or(-1),
  },
);
export type EmbedderOptions = Given<typeof options>;

function hasEachRow(vocabulary: object): boolean {
  const rows = Object.values(vocabulary).sort((a, b) => a - b);
  return rows.length > 0 && rows.every((row, i) => row === i);
}

/**
 * A row of a table for each whole number, as for words: y[i] = W[x[i]].
 *
 * dW[k] = the sum of g[i] wherever x[i] = k; the input has no gradient. Initially W by `initscheme`. On webgl, where reading
 * them back would stall the page, numbers are not checked: one that has no row names zeros.
 *
 * Shapes: `[batch, ..., sentlength]` of int32 to `[batch, ..., sentlength, embsize]`. W is `[vocabulary, embsize]` and exempt
 * from weight decay, which would pull at the rows of rare words alone. Source: PuzzleLib's `Embedder`.
 *
 * @example
 * new Embedder({ vocabulary: { the: 0, cat: 1, sat: 2 }, embsize: 8 });
 * @throws ValueError for words that share a row, or whose rows are not 0, 1, 2 and so on; ShapeError for sentences of another
 * length, and for numbers that have no row; DtypeError for numbers that are not int32.
 */
export class Embedder extends Lookup {
  static override readonly className = 'Embedder';

  readonly sentlength: number | null;
  readonly #vocabulary: number | Vocabulary;

  constructor(
    ...given: Arguments<
      [
        vocabulary: number | Vocabulary,
        sentlength: number | null,
        embsize: number,
        onVocabulary?: ((rows: Float32Array) => void) | null,
        initscheme?: InitScheme,
        wscale?: number,
        learnable?: boolean,
        name?: string,
      ],
      EmbedderOptions
    >
  ) {
    const { onVocabulary, ...read } = options.arguments(given);
    const { vocabulary, embsize, wscale, initscheme: scheme } = read;
    const rows = typeof vocabulary === 'number' ? vocabulary : Object.keys(vocabulary).length;
    const values = initialise([rows, embsize], { scheme, wscale });
    onVocabulary?.(values);
    super(read, read, { ...read, values });
    [this.sentlength, this.#vocabulary] = [read.sentlength, vocabulary];
  }

  /** The words with their rows; none where only a count was given. */
  getVocabulary(): Vocabulary {
    return typeof this.#vocabulary === 'number' ? {} : { ...this.#vocabulary };
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const { sentlength } = this;
    if (sentlength === null || shape.at(-1) === sentlength) return super.dataShapeFrom(shape);
    throw this.shapeError(`input ${shapeText(shape)} is of another length`, {
      expected: `[batch, ${sentlength}]`,
      received: shapeText(shape),
    });
  }

  override extraRepr(): string {
    return [this.W.shape.join(', '), ...options.changes({ padding: this.padding })].join(', ');
  }
}
