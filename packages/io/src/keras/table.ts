import { isPlainObject } from '@tessera-nn/core/internal';
import type { LayerRow } from './row.js';
import { activationRows } from './rows/activations.js';
import { convolutionRows } from './rows/convolutions.js';
import { embeddingRows } from './rows/embedding.js';
import { joinRows } from './rows/joins.js';
import { normRows } from './rows/norms.js';
import { poolRows } from './rows/pools.js';
import { recurrentRows } from './rows/recurrent.js';
import { shapeRows } from './rows/shapes.js';
import type { RawConfig } from './topology.js';

/** What the layers of Keras are here, by their classes; another one is one more entry. */
const rows: Readonly<Record<string, LayerRow>> = {
  ...activationRows,
  ...convolutionRows,
  ...embeddingRows,
  ...joinRows,
  ...normRows,
  ...poolRows,
  ...recurrentRows,
  ...shapeRows,
};

/** The row of a class; undefined where there is none. */
export const rowOf = (className: string): LayerRow | undefined =>
  Object.hasOwn(rows, className) ? rows[className] : undefined;

/** A layer as far as its weights go. */
export interface Weighted {
  readonly className: string;
  readonly options: RawConfig;
}

/** A weight that a layer has by its options. */
export interface ExpectedWeight {
  readonly name: string;
  /** Where a `.keras` file has it, below the place of the layer. */
  readonly at: string;
}

/** The weights of a layer, in the order in which Keras 3 numbers them; none of a class that is not known. */
export function expectedWeights(layer: Weighted): ExpectedWeight[] {
  const row = rowOf(layer.className);
  if (!row) return [];
  const own = (row.weights ?? []).filter(([, unless]) => unless === undefined || layer.options[unless] !== false);
  const folder = row.inside === undefined ? 'vars' : `${row.inside}/vars`;
  const listed = own.map(([name], i) => ({ name, at: `${folder}/${i}` }));
  const inner = (row.wraps ?? []).flatMap((way) =>
    expectedWeights(layerWithin(layer, way)).map(({ name, at }) => {
      return way === '' ? { name, at: `layer/${at}` } : { name: `${way}.${name}`, at: `${way}_layer/${at}` };
    }),
  );
  return [...listed, ...inner];
}

/** The layer that a layer wraps; Keras 3 writes one for each direction, older versions one for both. */
export function layerWithin({ options }: Weighted, way: string): Weighted {
  const written = (way && options[`${way}_layer`]) || options.layer;
  const { class_name: className, config } = (isPlainObject(written) ? written : {}) as RawConfig;
  const inner = (isPlainObject(config) ? config : {}) as RawConfig;
  const isTurned = way === 'backward' && !options.backward_layer;
  return { className: String(className), options: isTurned ? { ...inner, go_backwards: !inner.go_backwards } : inner };
}
