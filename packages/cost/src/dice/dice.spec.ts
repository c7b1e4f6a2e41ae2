import { CostError, ShapeError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { costSpec, type Nd } from '@tessera-nn/testing';
import { Dice } from './dice.js';

const masks = (size: number) => Float32Array.from({ length: size }, (_, i) => (i % 3 === 0 ? 1 : 0));

/** What the predictions become, from the definition. */
function shares({ shape, data }: Nd, { activation }: Dice): number[] {
  if (activation === 'none') return [...data];
  if (activation === 'sigmoid') return Array.from(data, (x) => 1 / (1 + Math.exp(-x)));
  const [, maps] = shape as [number, number];
  const places = sizeOf(shape.slice(2));
  return Array.from(data, (x, i) => {
    const first = Math.floor(i / (maps * places)) * maps * places + (i % places);
    const row = Array.from({ length: maps }, (_, c) => data[first + c * places]!);
    return 1 / row.reduce((sum, other) => sum + Math.exp(other - x), 0);
  });
}

function mean(x: Nd, target: ArrayLike<number>, cost: Dice): number {
  const p = shares(x, cost);
  const size = sizeOf(x.shape.slice(Math.min(2, x.shape.length - 1)));
  const losses = Array.from({ length: p.length / size }, (_, mask) => {
    let [both, all] = [0, 0];
    for (let i = mask * size; i < (mask + 1) * size; i++) {
      both += p[i]! * target[i]!;
      all += p[i]! + target[i]!;
    }
    return 1 - (2 * both + cost.smooth) / (all + cost.smooth);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

costSpec('Dice', {
  reference: mean,
  validation: mean,
  reduced: (reduction) => new Dice({ reduction }),
  cases: [
    { title: 'images', make: () => new Dice(), shape: [2, 2, 2, 2], target: masks(16) },
    {
      title: 'classes of images',
      make: () => new Dice({ activation: 'softmax', smooth: 0.5 }),
      shape: [2, 3, 2],
      target: masks(12),
    },
    { title: 'a matrix of masks', make: () => new Dice(), shape: [3, 4], target: masks(12) },
  ],
  tolerance: { absolute: 1e-8 }, // where shares are all but 1
  refuses: [
    {
      title: 'targets of another shape',
      run: () => new Dice().forward([[1, 1]], [[1], [1]]),
      type: ShapeError,
      says: ['Dice', '[1, 2]', '[2, 1]'],
    },
    {
      title: 'targets that are no masks',
      run: () => new Dice().forward([[1, 1]], [[0, 2]]),
      type: CostError,
      says: ['Dice: target 2 at position 1'],
    },
  ],
});
