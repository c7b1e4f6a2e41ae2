import type { Tiles } from '../textures/texture.js';
import { tileReader } from '../glsl/tile-reader.js';

/**
 * A fragment shader as kernels write it. `main` sees `texel`, the index of its texel in row-major order, and `position`, its
 * column and row; it writes `result0` and so on. Input X is read with `fetchX(column, row)` or `readX(index)`.
 *
 * Loops read it with `lookX(column, row)` on coordinates of the type `Coord`, so that sampling needs no arithmetic on
 * whole numbers for each texel: `columnX(i)` and `rowX(i)` make them, `acrossX(n)` and `downX(n)` are distances.
 *
 * `over(a, b)` divides positions along an axis, 0 <= a < 2^20, much faster than `/`.
 *
 * An input written `X[]` is a layered texture, which is read with `fetchX(layer, column, row)` and `readX(layer, index)`
 * only. Tiles are read with `fetchX` and `readX` of the texture they stand for.
 *
 * `isnan(x)`, of a float or of four, `isinf(x)`, and `isAbove0(x)` of four, false for NaN, look at bits, which no compiler
 * changes.
 */
export interface Shader {
  readonly inputs: readonly string[];
  readonly targets: number;
  readonly uniforms?: Readonly<Record<string, 'int' | 'float'>>;
  readonly functions?: string;
  readonly main: string;
}

/** The inputs of a draw that come in tiles. */
export type Forms = readonly (Tiles | undefined)[];

/** Text that differs by a number, `count` times. */
export const repeat = (count: number, text: (i: number) => string, between = '\n'): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(between);

/** The name of an input without the mark of a layered texture. */
export const bareName = (input: string): string => input.replace('[]', '');

function readerOf(input: string, tiles: Tiles | undefined, samples: boolean): string {
  const name = bareName(input);
  const sizes = `uniform ivec2 ${name}Size;\nuniform vec2 ${name}Scale;`;
  const layered = samples
    ? `texture(${name}, vec3((vec2(column, row) + 0.5) * ${name}Scale, layer))`
    : `texelFetch(${name}, ivec3(column, row, layer), 0)`;
  if (name !== input) {
    return `uniform sampler2DArray ${name};
${sizes}
vec4 fetch${name}(int layer, int column, int row) {
  return ${layered};
}
vec4 read${name}(int layer, int index) {
  int row = index / ${name}Size.x;
  return fetch${name}(layer, index - row * ${name}Size.x, row);
}`;
  }
  const read = `vec4 read${name}(int index) {
  int row = index / ${name}Size.x;
  return fetch${name}(index - row * ${name}Size.x, row);
}`;
  if (tiles) {
    return `uniform sampler2DArray ${name};
${sizes}
${tileReader(name, tiles, layered)}
${read}`;
  }
  return `uniform sampler2D ${name};
${sizes}
vec4 fetch${name}(int column, int row) {
  return ${samples ? `texture(${name}, (vec2(column, row) + 0.5) * ${name}Scale)` : `texelFetch(${name}, ivec2(column, row), 0)`};
}
${read}
${
  samples
    ? `#define look${name}(column, row) texture(${name}, vec2(column, row))
Coord column${name}(int i) { return (float(i) + 0.5) * ${name}Scale.x; }
Coord row${name}(int i) { return (float(i) + 0.5) * ${name}Scale.y; }
Coord across${name}(int texels) { return float(texels) * ${name}Scale.x; }
Coord down${name}(int texels) { return float(texels) * ${name}Scale.y; }`
    : `#define look${name}(column, row) texelFetch(${name}, ivec2(column, row), 0)
Coord column${name}(int i) { return i; }
Coord row${name}(int i) { return i; }
Coord across${name}(int texels) { return texels; }
Coord down${name}(int texels) { return texels; }`
}`;
}

/** The text that the driver compiles: a shader between the readers of its inputs and what all shaders share. */
export function wholeShader(
  { inputs, targets, uniforms = {}, functions = '', main }: Shader,
  forms: Forms,
  samples: boolean,
): string {
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp sampler2DArray;
#define Coord ${samples ? 'float' : 'int'}
uniform int resultWidth;
int over(int a, int b) { return int((float(a) + 0.5) / float(b)); }
${inputs.map((input, i) => readerOf(input, forms[i], samples)).join('\n')}
${Object.entries(uniforms)
  .map(([name, type]) => `uniform ${type} ${name};`)
  .join('\n')}
${repeat(targets, (i) => `layout(location = ${i}) out vec4 result${i};`)}
bool isBitsNaN(float value) { return (floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u; }
bvec4 isBitsNaN(vec4 value) { return greaterThan(floatBitsToUint(value) & 0x7fffffffu, uvec4(0x7f800000u)); }
#define isnan(value) isBitsNaN(value)
bool isBitsInfinite(float value) { return (floatBitsToUint(value) & 0x7fffffffu) == 0x7f800000u; }
#define isinf(value) isBitsInfinite(value)
bvec4 isAbove0(vec4 value) { return lessThan(floatBitsToUint(value) - 1u, uvec4(0x7f800000u)); }
${functions}
void main() {
  ivec2 position = ivec2(gl_FragCoord.xy);
  int texel = position.y * resultWidth + position.x;
${main}
}`;
}
