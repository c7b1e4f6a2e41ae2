import { ShapeError, shapeText } from '@tessera-nn/kernels';

/** An equation with a letter for each axis. */
export interface Equation {
  /** For each factor, a letter for each axis; one that stands twice there means the diagonal. */
  factors: readonly string[];
  result: string;
  sizes: ReadonlyMap<string, number>;
}

const DOTS = '...';
const TERM = /^[a-zA-Z]*(\.{3})?[a-zA-Z]*$/;
const WITHOUT_LETTER = '9876543210';

/**
 * Reads an equation for factors of these shapes. The axes that `...` stands for are named by digits from the last, so that
 * they meet as in broadcasting.
 *
 * @throws ShapeError when letters and shapes do not fit.
 */
export function readEquation(equation: string, shapes: readonly (readonly number[])[]): Equation {
  const [left, given, ...more] = equation.replaceAll(' ', '').split('->');
  const terms = left!.split(',');
  const counts = terms.map((term, i) => (shapes[i]?.length ?? 0) - term.replace(DOTS, '').length);
  const wellFormed =
    more.length === 0 &&
    terms.length === shapes.length &&
    [...terms, given ?? ''].every((term) => TERM.test(term)) &&
    terms.every((term, i) => (term.includes(DOTS) ? counts[i]! >= 0 : counts[i] === 0));
  const named = (term: string, count: number) =>
    term.replace(DOTS, WITHOUT_LETTER.slice(WITHOUT_LETTER.length - count));
  const factors = wellFormed ? terms.map((term, i) => named(term, counts[i]!)) : [];
  const sizes = wellFormed ? sizesOf(factors, shapes) : undefined;
  const result = named(given ?? DOTS + onceIn(terms), Math.max(0, ...terms.map((_, i) => counts[i]!)));
  const isMade = new Set(result).size === result.length && [...result].every((letter) => sizes?.has(letter));
  if (sizes && isMade) return { factors, result, sizes };
  throw new ShapeError(`einsum: "${equation}" does not fit`, {
    expected:
      'a letter, or a place in one "...", for each axis of each factor, of one size or 1 wherever it stands, and once in the result',
    received: shapes.map(shapeText).join(' and ') || 'no factors',
  });
}

/** The letters that stand once in all, in alphabetical order. */
function onceIn(terms: readonly string[]): string {
  const every = terms.join('').replaceAll('.', '');
  return [...every]
    .filter((letter) => every.indexOf(letter) === every.lastIndexOf(letter))
    .sort()
    .join('');
}

/** The size of each letter, or nothing where the factors do not agree. */
function sizesOf(factors: readonly string[], shapes: readonly (readonly number[])[]): Map<string, number> | undefined {
  const sizes = new Map<string, number>();
  for (const [i, letters] of factors.entries()) {
    for (const [axis, letter] of [...letters].entries()) {
      const size = shapes[i]![axis]!;
      const known = sizes.get(letter) ?? 1;
      if (size !== shapes[i]![letters.indexOf(letter)] || (size !== known && size !== 1 && known !== 1))
        return undefined;
      sizes.set(letter, size === 1 ? known : size);
    }
  }
  return sizes;
}
