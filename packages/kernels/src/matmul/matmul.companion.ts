import type { CompanionArguments } from '../wasm/companion.js';
import { ranges } from '../wasm/ranges.js';
import type { MatmulAttrs, MatmulInputs } from './matmul-inputs.js';

/** Rows and columns of the result below which a part of it is not worth a thread; whole tiles, and whole panels. */
const ROWS = 96;
const COLUMNS = 64;

/** Matrix product in register tiles; unlike XNNPACK it keeps nothing between calls. */
export function matmulCompanion(
  { functions, at: { a, b, bias }, inputs, outputs: [c], share }: CompanionArguments<MatmulInputs>,
  { transposeA, transposeB }: MatmulAttrs,
): void {
  const [first, second] = inputs.a.shape as [number, number];
  const [m, k] = transposeA ? [second, first] : [first, second];
  const n = inputs.b.shape[transposeB ? 0 : 1]!;
  // Columns first: parts of the rows would each pack the same columns anew.
  const columns = ranges(n, COLUMNS);
  const rows = columns.length > 1 ? [[0, m] as const] : ranges(m, ROWS);
  const parts = columns.flatMap((part) => rows.map((row) => [...row, ...part]));
  share(
    'matmul',
    parts.map((part) => [a, b, bias, c!, m, n, k, Number(transposeA), Number(transposeB), ...part]),
    functions.matmulScratch(),
  );
}
