import { againstTfjs, work } from '../formulas.js';
import type { Benchmark } from '../row.js';

export const benchmark: Benchmark = {
  title: `${work}, wasm: ours, from formulas, against the ops of tfjs`,
  where: 'node',
  run: () => againstTfjs('wasm'),
};
