import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { repeat } from '../drawing/shader-text.js';
import { isDense } from '../textures/tiled-tensor.js';
import type { TensorTexture, Workbench } from '../drawing/workbench.js';

/** A tensor as shaders read it: dense, or one value a texel. */
export interface Values {
  readonly texture: TensorTexture;
  readonly plain: boolean;
}

/** The tensor in the order it has already; dense where both would have to be made. */
export function readValues(bench: Workbench, tensor: TensorInfo): Values {
  if (isDense(tensor) || util.sizeFromShape(tensor.shape) % 4 === 0) {
    return { texture: bench.read(tensor), plain: false };
  }
  return { texture: readFromZero(bench, tensor), plain: true };
}

/** One value a texel from texel 0 on; a view into a larger tensor is copied for that. */
export function readFromZero(bench: Workbench, tensor: TensorInfo): TensorTexture {
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
  return `${valueOf(input)}\n${spanOf(input, (texel) => `read${input}(${texel})`)}`;
}

/** GLSL: `spanX(i)` are values i to i + 3 of dense input X; `read` is how one of its texels is read. */
export const spanOf = (input: string, read: (texel: string) => string): string => `vec4 span${input}(int i) {
  int skipped = i & 3;
  vec4 here = ${read('i >> 2')};
  vec4 next = ${read('(i >> 2) + 1')};
  vec4 odd = skipped == 1 ? vec4(here.yzw, next.x) : vec4(here.w, next.xyz);
  vec4 even = skipped == 0 ? here : vec4(here.zw, next.xy);
  return (skipped & 1) == 1 ? odd : even;
}`;
