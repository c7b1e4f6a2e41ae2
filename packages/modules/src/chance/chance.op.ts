import {
  broadcastingOp,
  defineOp,
  randomStream,
  type RandomState,
  type RandomStream,
  type Variable,
} from '@tessera-nn/core';
import { hash32 } from '@tessera-nn/core/internal';
import { defineKernel, elementwiseLaunch, formula as f, runKernel } from '@tessera-nn/kernels';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';

/** The 24 upper bits of a hash are a float32 from 0 to below 1. */
const [DROPPED_BITS, UNIT] = [8, 2 ** -24];

/** hash32 of core's random stream, in GLSL. */
export const mix32 = `uvec4 mix32(uvec4 x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}`;
/** The hash of four elements, in GLSL, of the parameters `key` and `counter`. */
export const hashed = 'uvec4 hash = mix32(mix32(uint(counter) + uvec4(flatIndex)) ^ uint(key));';

const shader = {
  name: 'Uniform',
  inputs: [],
  params: [
    ['key', 'int'],
    ['counter', 'int'],
  ],
  functions: mix32,
  statements: hashed,
  results: [`vec4(hash >> ${DROPPED_BITS}u) * ${UNIT}`],
} as const;

const uniform = ({ key, counter }: RandomState, i: number) =>
  (hash32(key, (counter + i) >>> 0) >>> DROPPED_BITS) * UNIT;

/** u_i = hash32(key, counter + i), from 0 to below 1, for each element of x. */
const uniformKernel = defineKernel<{ x: Tensor }, RandomState, Tensor>({
  name: 'Uniform',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x }, state) =>
    tensor(
      Float32Array.from({ length: x.size }, (_, i) => uniform(state, i)),
      x.shape,
    ),
  loops: ({ outputs: [u] }, state) => {
    for (let i = 0; i < u!.length; i++) u![i] = uniform(state, i);
  },
  webgl: ({ x }, { key, counter }) =>
    elementwiseLaunch(shader, [], { key: key | 0, counter: counter | 0 }, x.shape)?.[0],
});

const uniformOp = defineOp({
  name: 'uniform',
  inputs: ['x'],
  layout: 'any',
  forward: ({ x }, state: RandomState) => runKernel(uniformKernel, { x }, state),
  gradients: () => ({ x: null }),
});

/** A number from 0 to below 1 for each element of x, from the stream: the same on every backend. */
export const uniformLike = (x: Variable, rng: RandomStream | null): Variable =>
  uniformOp({ x }, (rng ?? randomStream()).reserve(x.size));

/** Box and Muller 1958, one of each pair. */
const normalOp = broadcastingOp({
  name: 'Normal',
  inputs: ['u', 'v'],
  value: ({ u, v }) => f.mul(f.sqrt(f.mul(-2, f.log(f.sub(1, u)))), f.cos(f.mul(2 * Math.PI, v))),
});

/** A normally distributed number for each element of x, from the stream. */
export const normalLike = (x: Variable, rng: RandomStream | null): Variable =>
  normalOp({ u: uniformLike(x, rng), v: uniformLike(x, rng) });
