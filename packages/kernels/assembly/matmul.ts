// Matrix product: packed panels of b meet rows of a in register tiles.
import { packPanel } from './panel';
import { COLUMNS, OVERHANG, ROWS, tile } from './tile';

/** Inner elements multiplied at a time: a panel of them stays in the first-level cache. */
const DEPTH: i32 = 384;
/** Columns packed at a time: their panels stay in the second-level cache while all rows pass. */
const WIDTH: i32 = 256;

/** Bytes of scratch that `matmul` needs. */
export function matmulScratch(): i32 {
  return <i32>OVERHANG + 4 * DEPTH * (WIDTH + ROWS);
}

/** c[m, n] = a[m, k] b[k, n] + bias[n]; either factor may lie transposed in memory; bias may be 0. */
export function matmul(
  a: usize,
  b: usize,
  bias: usize,
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  transposeA: bool,
  transposeB: bool,
  scratch: usize,
): void {
  const aStep = (<usize>(transposeA ? m : k)) << 2;
  const bStep = (<usize>(transposeB ? k : n)) << 2;
  const cStep = (<usize>n) << 2;
  const packedA = scratch + OVERHANG;
  const panels = packedA + ((<usize>(DEPTH * ROWS)) << 2);
  // Runs once for k = 0 too, which leaves the bias or zeros.
  for (let k0 = 0; k0 == 0 || k0 < k; k0 += DEPTH) {
    const depth = min(DEPTH, k - k0);
    for (let n0 = 0; n0 < n; n0 += WIDTH) {
      const width = min(WIDTH, n - n0);
      let packed = panels;
      for (let j = n0; j < n0 + width; j += COLUMNS) {
        const from = transposeB ? b + <usize>j * bStep + ((<usize>k0) << 2) : b + <usize>k0 * bStep + ((<usize>j) << 2);
        packed = packPanel(from, bStep, transposeB, depth, min(COLUMNS, n - j), packed);
      }
      for (let i = 0; i < m; i += ROWS) {
        const rows = min(ROWS, m - i);
        let row = a + <usize>i * aStep + ((<usize>k0) << 2);
        let rowStep = aStep;
        let step: usize = 4;
        if (transposeA) {
          packColumns(a + <usize>k0 * aStep + ((<usize>i) << 2), aStep, depth, rows, packedA);
          row = packedA;
          rowStep = 4;
          step = 16;
        }
        // Rows that overhang repeat the last.
        const a1 = row + rowStep * <usize>min(1, rows - 1);
        const a2 = row + rowStep * <usize>min(2, rows - 1);
        const a3 = row + rowStep * <usize>min(3, rows - 1);
        let panel = panels;
        for (let j = n0; j < n0 + width; j += COLUMNS) {
          const at = c + <usize>i * cStep + ((<usize>j) << 2);
          const start = k0 > 0 ? at : bias ? bias + ((<usize>j) << 2) : 0;
          const startStep = k0 > 0 ? cStep : 0;
          const columns = min(COLUMNS, n - j);
          tile(row, a1, a2, a3, 1, 0, 1, 0, depth, step, panel, start, startStep, at, cStep, rows, columns, scratch);
          panel += (<usize>depth) << 5;
        }
      }
    }
  }
}

/** packed[k][r] = a[k][r] for up to 4 columns of a, which are rows of its transpose. */
function packColumns(a: usize, step: usize, length: i32, rows: i32, packed: usize): void {
  const end = packed + ((<usize>length) << 4);
  if (rows == ROWS) {
    for (; packed < end; packed += 16, a += step) v128.store(packed, v128.load(a));
    return;
  }
  for (; packed < end; packed += 16, a += step) {
    for (let r: usize = 0; r < (<usize>rows) << 2; r += 4) store<f32>(packed + r, load<f32>(a + r));
  }
}
