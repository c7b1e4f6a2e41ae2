import type { DataId, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, view } from '../wasm/heap.js';
import { freeStock, stock } from '../wasm/stock.js';
import type { MatmulAttrs } from './matmul-inputs.js';

/**
 * Matrix product through XNNPACK.
 *
 * Three faults of tfjs-wasm 4.22 are stepped around: with a transpose flag its product falls to a scalar loop, 12 to 50
 * times slower, so factors are transposed first; XNNPACK's operator cache is keyed by b's data without its shape, so a
 * reshaped b is copied; and the fused bias is wrong off the fast path, so it is added here.
 */
export function matmulWasm(
  { a, b, bias }: { a: TensorInfo; b: TensorInfo; bias: Tensor | undefined },
  { transposeA, transposeB }: MatmulAttrs,
): TensorInfo {
  const left = transposeA ? transposed(a) : a;
  const right = transposeB ? transposed(b) : withOwnShape(b);
  const product = stock('BatchMatMul', { a: left, b: right }, { transposeA: false, transposeB: false });
  if (left !== a) freeStock(left);
  if (right !== b) freeStock(right);
  if (bias) addRow(view(product), view(bias));
  return product;
}

/** The shape under which XNNPACK first saw each tensor as right factor. */
const packedShapes = new WeakMap<DataId, string>();

function withOwnShape(b: TensorInfo): TensorInfo {
  const shape = b.shape.join('x');
  const packed = packedShapes.get(b.dataId);
  if (packed === undefined) packedShapes.set(b.dataId, shape);
  if (packed === undefined || packed === shape) return b;
  const copy = allocate(b.shape);
  view(copy).set(view(b));
  return copy;
}

const BLOCK = 16; // rows and columns that stay in the first-level cache together

function transposed(matrix: TensorInfo): TensorInfo {
  const [rows, columns] = matrix.shape as [number, number];
  const result = allocate([columns, rows]);
  const source = view(matrix);
  const target = view(result);
  for (let r0 = 0; r0 < rows; r0 += BLOCK) {
    const r1 = Math.min(r0 + BLOCK, rows);
    for (let c0 = 0; c0 < columns; c0 += BLOCK) {
      const c1 = Math.min(c0 + BLOCK, columns);
      for (let c = c0; c < c1; c++) {
        for (let r = r0; r < r1; r++) target[c * rows + r] = source[r * columns + c]!;
      }
    }
  }
  return result;
}

function addRow(values: Float32Array, row: Float32Array): void {
  for (let i = 0; i < values.length;) {
    for (let j = 0; j < row.length; j++, i++) values[i] = values[i]! + row[j]!;
  }
}
