import { ShapeError, shapeText, shownValue, sizeOf, ValueError } from '@tessera-nn/kernels';
import { compound } from '../memory/frame.js';
import { checkVariables } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { reshape, transpose } from './shape.js';

/** A Variable whose axes have letters. */
interface Named {
  value: Variable;
  letters: string;
}

/**
 * Sums of products by letters: `einsum('ij,jk->ik', a, b)` is a matrix product, `'ij->ji'` a transpose, `'bhqd,bhkd->bhqk'`
 * what attention asks. Letters that the result does not name are summed over; without `->` it names those that come once,
 * in alphabetical order. Several factors are multiplied from left to right.
 *
 * A letter stands once in a factor, and for one size; `...` is not taken. Source: `torch.einsum`.
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
  const [left, given] = equation.replaceAll(' ', '').split('->');
  const names = left!.split(',');
  const every = names.join('');
  const result =
    given ??
    [...new Set(every)]
      .filter((one) => every.split(one).length === 2)
      .sort()
      .join('');
  const sizes = new Map<string, number>();
  const fits =
    names.length === factors.length &&
    names.every((letters, i) => /^[a-zA-Z]*$/.test(letters) && letters.length === factors[i]!.rank && isSet(letters)) &&
    isSet(result) &&
    [...result].every((letter) => every.includes(letter)) &&
    names.every((letters, i) =>
      [...letters].every((letter, axis) => {
        const size = factors[i]!.shape[axis]!;
        const known = sizes.get(letter) ?? size;
        sizes.set(letter, known);
        return known === size;
      }),
    );
  if (!fits) {
    throw new ShapeError(`einsum: "${equation}" does not fit`, {
      expected: 'a letter for each axis of each factor, of one size wherever it stands, and once in a factor',
      received: factors.map(({ shape }) => shapeText(shape)).join(' and ') || 'no factors',
    });
  }
  return compound(() => {
    const terms = factors.map((value, i) => ({ value, letters: names[i]! }));
    const whole = terms.reduce((a, b, i) => {
      const later = names.slice(i + 1).join('') + result;
      return product(without(a, b.letters + later), without(b, a.letters + later), later, sizes);
    });
    const summed = without(whole, result);
    const order = [...result].map((letter) => summed.letters.indexOf(letter));
    return order.every((axis, i) => axis === i) ? summed.value.alias() : transpose(summed.value, order);
  });
}

const isSet = (letters: string): boolean => new Set(letters).size === letters.length;

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
