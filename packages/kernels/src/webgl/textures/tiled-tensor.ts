import { backend, type TensorInfo } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { allocateDense, denseTexture, describeDense } from './dense.js';
import type { Launcher } from '../drawing/launcher.js';
import type { Texture, Tiles } from './texture.js';

/** The tiles of tensors by tfjs's record of the tensor: it gets another one when it moves to another backend. */
const tiledTensors = new WeakMap<object, Tiles>();

/** The tiles of a tensor that has not been put in order yet. */
export function tilesOf({ dataId }: TensorInfo): Tiles | undefined {
  const { texData } = backend() as MathBackendWebGL;
  return texData.has(dataId) ? tiledTensors.get(texData.get(dataId)) : undefined;
}

/** Whether own launches read this tensor as it is. */
export const isDense = (info: TensorInfo): boolean => denseTexture(info) !== undefined || tilesOf(info) !== undefined;

/**
 * Gives a new tensor its values in tiles, and the layered texture with them. A dense texture is drawn from them when somebody
 * who cannot read tiles looks for one: what reads tiles saves that draw.
 *
 * tfjs has no word for this. It finds all textures as `texture` of its record of a tensor, when it reads the tensor and
 * when it frees it, with no references left then. So that is where they are drawn, or dropped.
 */
export function putOffOrder(launcher: Launcher, info: TensorInfo, tiles: Tiles): void {
  const { backend } = launcher;
  const { width, height, layered } = tiles;
  const data = backend.texData.get(info.dataId);
  describeDense(backend, info, width, height);
  tiledTensors.set(data, tiles);
  /** Where there is no room for what takes the place of the tiles, they stay. */
  const orTiles = (allocate: () => Texture) => {
    try {
      return allocate();
    } catch (error) {
      putOffOrder(launcher, info, tiles);
      throw error;
    }
  };
  const property = { configurable: true, enumerable: true };
  Object.defineProperty(data, 'texture', {
    ...property,
    get: () => {
      tiledTensors.delete(data);
      Object.defineProperty(data, 'texture', { ...property, writable: true, value: null });
      if (data.refCount > 0) {
        const texture = orTiles(() => allocateDense(backend, info, width, height));
        launcher.launch('InOrder', () => inOrder('fetchX(position.x, position.y)'), [texture], [tiles]);
      }
      launcher.giveLayeredBack(layered);
      return data.texture;
    },
  });
}

/** The shader that puts tiles X in order. */
export const inOrder = (texel: string) => ({ inputs: ['X'], targets: 1, main: `result0 = ${texel};` });
