import type { CompanionArguments } from '../wasm/companion.js';
import { ranges } from '../wasm/ranges.js';
import type { MatmulAttrs, MatmulInputs } from './matmul-inputs.js';

/** Rows and columns of the result below which a part of it is not worth a thread; whole tiles, and whole panels. */
const ROWS = 96;
const COLUMNS = 64;

/** Up to so many rows, b is read as it lies: packing it costs more than it saves. Measured on V8 11.3. */
const FEW_ROWS = 3;
/** Columns of a part then; memory is quickest where it is read on and on. */
const MANY_COLUMNS = 1024;

/** Matrix product in register tiles; unlike XNNPACK it keeps nothing between calls. */
export function matmulCompanion(
  { functions, at: { a, b, bias }, inputs, outputs: [c], share }: CompanionArguments<MatmulInputs>,
  { transposeA, transposeB }: MatmulAttrs,
): void {
  const [first, second] = inputs.a.shape as [number, number];
  const [m, k] = transposeA ? [second, first] : [first, second];
  const n = inputs.b.shape[transposeB ? 0 : 1]!;
  if (m <= FEW_ROWS && !transposeB) {
    const parts = ranges(n, MANY_COLUMNS).map((part) => [a, b, bias, c!, m, n, k, Number(transposeA), ...part]);
    share('multiplyFewRows', parts, functions.fewRowsScratch(m));
    return;
  }
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
