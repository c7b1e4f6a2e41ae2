import { pad, Variable } from '@tessera-nn/core';
import { conv2d } from '../convolution/convolution.op.js';
import { geometryOf, type Along } from '../window/window.js';
import { avgPool } from './avg-pool-2d.op.js';

/** The mean of each window over images; what `ceilMode` adds behind the padding never counts. */
export function meanOver(x: Variable, rows: Along, columns: Along, includePad: boolean): Variable {
  const geometry = geometryOf(rows, columns);
  if (rows.dilation > 1 || columns.dilation > 1) return meanOfTaps(x, rows, columns, includePad);
  if (!includePad || (rows.beyond === 0 && columns.beyond === 0)) return avgPool(x, { ...geometry, includePad });
  // The padding that counts becomes a part of the image, and the rest stays around it.
  const padded = pad(x, [
    [0, 0],
    [0, 0],
    [rows.before, rows.behind - rows.beyond],
    [columns.before, columns.behind - columns.beyond],
  ]);
  return avgPool(padded, { ...geometry, pads: [0, rows.beyond, 0, columns.beyond], includePad: false });
}

/** The sum of each window over images. */
export function sumOver(x: Variable, rows: Along, columns: Along): Variable {
  if (rows.dilation > 1 || columns.dilation > 1) return sumOfTaps(x, rows, columns);
  return avgPool(x, { ...geometryOf(rows, columns), includePad: true }).mul(rows.size * columns.size);
}

/** The same for windows with gaps: a convolution of each map by ones. */
function sumOfTaps(x: Variable, rows: Along, columns: Along): Variable {
  const maps = x.shape[1]!;
  const shape = [maps, 1, rows.size, columns.size];
  const ones = new Variable(new Float32Array(maps * rows.size * columns.size).fill(1), { shape });
  return conv2d(x, ones, null, { ...geometryOf(rows, columns), groups: maps });
}

/** The mean of windows with gaps. */
function meanOfTaps(x: Variable, rows: Along, columns: Along, includePad: boolean): Variable {
  const [, , height, width] = x.shape as [number, number, number, number];
  const [down, across] = [countsAlong(rows, height, includePad), countsAlong(columns, width, includePad)];
  const share = down.flatMap((count) => across.map((other) => 1 / (count * other)));
  return sumOfTaps(x, rows, columns).mul(new Variable(share, { shape: [1, 1, down.length, across.length] }));
}

/** How many places count in each window along an axis. */
function countsAlong(along: Along, length: number, includePad: boolean): number[] {
  const { size, stride, dilation, before, behind, beyond, places } = along;
  const [first, end] = includePad ? [-before, length + behind - beyond] : [0, length];
  return Array.from({ length: places }, (_, place) => {
    const taps = Array.from({ length: size }, (_, tap) => place * stride - before + tap * dilation);
    return taps.filter((at) => at >= first && at < end).length;
  });
}
