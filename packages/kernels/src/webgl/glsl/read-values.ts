import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../drawing/shader-text.js';
import { isDense } from '../textures/tiled-tensor.js';
import type { Block, Workbench } from '../drawing/workbench.js';

/** A tensor as shaders read it: dense, or one value a texel. */
export interface Values {
  readonly block: Block;
  readonly plain: boolean;
}

/** The tensor in the order it has already; dense where both would have to be made. */
export function readValues(bench: Workbench, tensor: TensorInfo): Values {
  if (isDense(tensor) || util.sizeFromShape(tensor.shape) % 4 === 0) {
    return { block: bench.read(tensor), plain: false };
  }
  return { block: readFromZero(bench, tensor), plain: true };
}

/** One value a texel from texel 0 on; a view into a larger tensor is copied for that. */
export function readFromZero(bench: Workbench, tensor: TensorInfo): Block {
  if (bench.startsAtZero(tensor)) return bench.readPlain(tensor);
  return bench.plainFrom(bench.read(tensor), tensor.shape);
}

/** GLSL: `valueX(i)` is value i of dense input X. */
export const valueOf = (input: string): string => `float value${input}(int i) { return read${input}(i >> 2)[i & 3]; }`;

/** GLSL of input X: `valueX(i)` is value i, `spanX(i)` are values i to i + 3, of which the last may lie outside. */
export function valuesOf(input: string, plain: boolean): string {
  if (plain) {
    return `float value${input}(int i) { return read${input}(i).r; }
vec4 span${input}(int i) { return vec4(${repeat(4, (l) => `value${input}(i + ${l})`, ', ')}); }`;
  }
  return `${valueOf(input)}
vec4 span${input}(int i) {
  vec4 a = read${input}(i >> 2);
  int skipped = i & 3;
  if (skipped == 0) return a;
  vec4 b = read${input}((i >> 2) + 1);
  return skipped == 1 ? vec4(a.yzw, b.x) : skipped == 2 ? vec4(a.zw, b.xy) : vec4(a.w, b.xyz);
}`;
}
