import { backend, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import type { Texture } from './texture.js';

/** The textures of dense tensors by tfjs's record of the tensor: it gets another one when it moves to another backend. */
const denseTextures = new WeakMap<object, Texture>();

/** The texture of a dense tensor. */
export function denseTexture({ dataId }: TensorInfo): Texture | undefined {
  const { texData } = backend() as MathBackendWebGL;
  return texData.has(dataId) ? denseTextures.get(texData.get(dataId)) : undefined;
}

/** Textures of up to this many texels in a row or column; larger ones are rare among phones' limits. */
const WIDEST = 4096;
/** Vectors of up to this many texels lie in one row, where they are found without arithmetic. */
const ROW = 256;

/**
 * The width of the dense texture of a tensor: its inner axes as far as they fit, so that a run along them never wraps,
 * whatever the size of the first axis is.
 */
export function denseWidth(shape: readonly number[]): number {
  let width = 0;
  let run = 1;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    run *= shape[axis]!;
    if (run % 4 === 0 && run / 4 <= WIDEST) width = run / 4;
  }
  const texels = Math.ceil(util.sizeFromShape([...shape]) / 4);
  if (shape.length === 1 && texels <= ROW) return Math.max(1, texels);
  if (!width) return Math.max(1, Math.min(WIDEST, Math.ceil(Math.sqrt(texels))));
  return width * Math.ceil(texels / (width * WIDEST)); // several runs in a row where there would be too many rows
}

/** tfjs's TextureUsage.RENDER, which it does not export. */
export const RENDER = 0;

/**
 * Says that a tensor has a dense texture, which is not made yet. tfjs sees a packed tensor of [texels, 2, 2], whose order
 * in memory is just this one, and repacks it by itself wherever one of its own kernels reads it.
 */
export function describeDense(backend: MathBackendWebGL, info: TensorInfo, width: number, height: number): void {
  const data = backend.texData.get(info.dataId);
  data.isPacked = true;
  data.shape = [Math.ceil(util.sizeFromShape(info.shape) / 4), 2, 2];
  data.texShape = [2 * height, 2 * width];
  data.usage = RENDER;
}

/**
 * Makes the dense texture of a tensor, whose values on the host it takes the place of.
 *
 * @throws BackendError when the GPU has no room for it: the tensor is as it was then.
 */
export function allocateDense(backend: MathBackendWebGL, info: TensorInfo, width: number, height: number): Texture {
  const data = backend.texData.get(info.dataId);
  const { values, isPacked, shape, texShape, usage } = data;
  Object.assign(data, { values: null });
  describeDense(backend, info, width, height);
  try {
    backend.uploadToGPU(info.dataId);
  } catch (error) {
    Object.assign(data, { values, isPacked, shape, texShape, usage });
    throw error;
  }
  const texture = { handle: data.texture!.texture, width, height };
  denseTextures.set(data, texture);
  return texture;
}
