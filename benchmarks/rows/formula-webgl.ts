import { againstTfjs, work } from '../formulas.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: `${work}, webgl: ours, from formulas, against the ops of tfjs, same page`,
  where: 'page',
  run: () => againstTfjs('webgl'),
};
