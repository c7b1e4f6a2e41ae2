import type { CompanionArguments } from '../wasm/companion.js';
import type { MatmulAttrs, MatmulInputs } from './matmul.js';

/** Matrix product in register tiles; unlike XNNPACK it keeps nothing between calls. */
export function matmulCompanion(
  { functions, at: { a, b, bias }, inputs, outputs, scratch }: CompanionArguments<MatmulInputs>,
  { transposeA, transposeB }: MatmulAttrs,
): void {
  const [first, second] = inputs.a.shape as [number, number];
  const [m, k] = transposeA ? [second, first] : [first, second];
  const n = inputs.b.shape[transposeB ? 0 : 1]!;
  functions.matmul(a, b, bias, outputs[0]!, m, n, k, transposeA, transposeB, scratch(functions.matmulScratch()));
}
