import { backend as currentBackend, getBackend, type Tensor } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { orLost } from '../drawing/context.js';
import { denseTexture } from './dense.js';
import type { Texture } from './texture.js';
import { texturePool } from './texture-pool.js';

/**
 * The values of a tensor, when the device has computed them. tfjs draws each texture into another before it reads it;
 * where the values lie in order already, as in all dense textures and for one number, they are read without a draw.
 *
 * @throws BackendError when the WebGL context is lost before the values have come, or the GPU has no room to read them.
 */
export async function readBack(tensor: Tensor): Promise<Values> {
  if (getBackend() !== 'webgl') return tensor.data();
  const backend = currentBackend() as MathBackendWebGL;
  const values = await orLost(() => read(tensor, backend));
  // They come through a buffer, which reads as zeros where there is no memory for it.
  texturePool(backend).assertRoom(`${values.byteLength} bytes to read`);
  return values;
}

type Values = Float32Array | Int32Array | Uint8Array;

async function read(tensor: Tensor, backend: MathBackendWebGL): Promise<Values> {
  if (tensor.dtype !== 'float32') return tensor.data();
  const texture = inOrder(tensor, backend);
  if (!texture) return tensor.data();
  const { gpgpu } = backend;
  // Copied on the device first, so that the tensor may be freed, and its texture drawn into, while this waits.
  const buffer = gpgpu.createBufferFromTexture(texture.handle, texture.height, texture.width);
  await gpgpu.createAndWaitForFence();
  const values = gpgpu.downloadFloat32MatrixFromBuffer(buffer, tensor.size);
  gpgpu.gl.deleteBuffer(buffer);
  return values;
}

/** The texture of a tensor whose values follow one another in it. */
function inOrder(tensor: Tensor, backend: MathBackendWebGL): Texture | undefined {
  const { texture, values, slice } = backend.texData.get(tensor.dataId);
  if (!texture || values || slice) return undefined;
  if (tensor.size === 1) return { handle: texture.texture, width: 1, height: 1 };
  return denseTexture(tensor);
}
