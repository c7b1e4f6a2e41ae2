import { Variable, type Shapes } from '@tessera-nn/core';
import { isShapeList } from '@tessera-nn/core/internal';
import { nd, type Nd } from './nd.js';

/** What a reference takes and gives: the numbers of one Variable, or of a list of them. */
export type Nds = Nd | readonly Nd[];

/** The entries of a list; of one, itself alone. */
export function ndsIn(values: Nds): readonly Nd[] {
  return 'data' in values ? [values] : values;
}

/** All numbers one behind the other: what cotangents multiply. */
export function flat(values: Nds): Nd {
  const data = ndsIn(values).flatMap((part) => [...part.data]);
  return nd([data.length], data);
}

/** Numbers for a shape, or for each shape of a list, which get different seeds. */
export function filled(
  shape: Shapes,
  seedValue: number,
  fill: (shape: readonly number[], seedValue: number) => Nd,
): Nds {
  if (!isShapeList(shape)) return fill(shape, seedValue);
  return shape.map((part, place) => fill(part as readonly number[], seedValue + 100 * place));
}

/** As Variables, laid out the same way, with gradients for all, for none, or for the entry of one place. */
export function toVariables(values: Nds, wanted: boolean | number = false): Variable | Variable[] {
  const make = ({ data, shape }: Nd, place: number) =>
    new Variable(Float32Array.from(data), { shape, requiresGrad: wanted === true || wanted === place });
  return 'data' in values ? make(values, 0) : values.map(make);
}
