import { shownValue, sizeOf, ValueError } from '@tessera-nn/kernels';
import { compound } from '../memory/frame.js';
import { checkVariables } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';
import { split } from './concat.js';
import { readEquation } from './einsum-equation.js';
import { matmul } from './matmul.js';
import { pad } from './pad.js';
import { sum } from './reduce.js';
import { reshape, transpose } from './shape.js';

/** A Variable whose axes have letters. */
interface Named {
  value: Variable;
  letters: string;
}

/**
 * Sums of products by letters: `einsum('ij,jk->ik', a, b)` is a matrix product, `'ij->ji'` a transpose, `'ii->i'` a diagonal,
 * `'bhqd,bhkd->bhqk'` what attention asks. Letters that the result does not name are summed over; without `->` it names
 * those that stand once, in alphabetical order. `...` stands for axes without a letter, which are broadcast; so is a letter
 * of size 1. Several factors are multiplied from left to right.
 *
 * Source: `torch.einsum`.
 * @throws ShapeError when letters and shapes do not fit.
 */
export function einsum(equation: string, ...factors: readonly Variable[]): Variable {
  if (typeof equation !== 'string') {
    throw new ValueError('einsum: there is no equation', {
      path: 'einsum',
      expected: "letters for the axes, such as 'ij,jk->ik'",
      received: shownValue(equation),
    });
  }
  checkVariables(factors, 'einsum');
  const {
    factors: names,
    result,
    sizes,
  } = readEquation(
    equation,
    factors.map(({ shape }) => shape),
  );
  return compound(() => {
    const terms = factors.map((value, i) => diagonals(withoutRepeated({ value, letters: names[i]! }, sizes)));
    const whole = terms.reduce((a, b, i) => {
      const later = terms.slice(i + 1).reduce((all, { letters }) => all + letters, result);
      return product(without(a, b.letters + later), without(b, a.letters + later), later, sizes);
    });
    const summed = without(whole, result);
    const order = [...result].map((letter) => summed.letters.indexOf(letter));
    return order.every((axis, i) => axis === i) ? summed.value.alias() : transpose(summed.value, order);
  });
}

/** With each letter once: of two axes with one letter, the places with the same index on both. */
function diagonals({ value, letters }: Named): Named {
  const second = [...letters].findIndex((letter, axis) => letters.indexOf(letter) < axis);
  if (second < 0) return { value, letters };
  const letter = letters[second]!;
  const pair = [letters.indexOf(letter), second];
  const rest = [...value.shape.keys()].filter((axis) => !pair.includes(axis));
  const outer = rest.map((axis) => value.shape[axis]!);
  const size = value.shape[second]!;
  const none = outer.map((): [number, number] => [0, 0]);
  // In rows that are longer by one, the places of the diagonal are the first of each.
  const flat = reshape(transpose(value, [...rest, ...pair]), [...outer, size * size]);
  const rows = reshape(pad(flat, [...none, [0, size]]), [...outer, size, size + 1]);
  const [first] = split(rows, [1, size], -1);
  return diagonals({
    value: reshape(first!, [...outer, size]),
    letters: rest.map((axis) => letters[axis]!).join('') + letter,
  });
}

/** Without the axes along which others repeat it. */
function withoutRepeated({ value, letters }: Named, sizes: ReadonlyMap<string, number>): Named {
  const kept = [...value.shape.keys()].filter((axis) => value.shape[axis] === sizes.get(letters[axis]!));
  return {
    value: reshape(
      value,
      kept.map((axis) => value.shape[axis]!),
    ),
    letters: kept.map((axis) => letters[axis]!).join(''),
  };
}

/** Summed over the letters that nobody needs. */
function without({ value, letters }: Named, needed: string): Named {
  const gone = [...letters].flatMap((letter, axis) => (needed.includes(letter) ? [] : [axis]));
  if (gone.length === 0) return { value, letters };
  return { value: sum(value, gone), letters: [...letters].filter((_, axis) => !gone.includes(axis)).join('') };
}

/** The product of two, summed over the letters of both that nobody needs later. */
function product(a: Named, b: Named, later: string, sizes: ReadonlyMap<string, number>): Named {
  const of = (letters: string, holds: (letter: string) => boolean) => [...letters].filter(holds).join('');
  const both = of(a.letters, (letter) => b.letters.includes(letter));
  const batch = of(both, (letter) => later.includes(letter));
  const inner = of(both, (letter) => !later.includes(letter));
  const rows = of(a.letters, (letter) => !both.includes(letter));
  const columns = of(b.letters, (letter) => !both.includes(letter));
  const size = (letters: string) => sizeOf([...letters].map((letter) => sizes.get(letter)!));
  const inOrder = ({ value, letters }: Named, ...groups: string[]) =>
    reshape(
      transpose(
        value,
        [...groups.join('')].map((letter) => letters.indexOf(letter)),
      ),
      groups.map(size),
    );
  const value = matmul(inOrder(a, batch, rows, inner), inOrder(b, batch, inner, columns));
  const letters = batch + rows + columns;
  return {
    value: reshape(
      value,
      [...letters].map((letter) => sizes.get(letter)!),
    ),
    letters,
  };
}
