import type { LayerRow } from '../row.js';
import { axisHere } from './axes.js';

/** Modules that take a list. */
export const joinRows: Readonly<Record<string, LayerRow>> = {
  Add: { joins: true, make: () => ({ parts: [{ className: 'Add', options: {} }] }) },
  Multiply: { joins: true, make: () => ({ parts: [{ className: 'Mul', options: {} }] }) },
  Concatenate: {
    joins: true,
    make: ({ options, ...given }) => ({
      parts: [{ className: 'Concat', options: { axis: axisHere(options.number('axis', -1), given) } }],
    }),
  },
};
