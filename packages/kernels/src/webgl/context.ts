import { backend as currentBackend, env, getBackend } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { BackendError } from '../errors.js';

const contextOf = (backend: MathBackendWebGL): WebGL2RenderingContext => backend.gpgpu.gl as WebGL2RenderingContext;

const lost = (): BackendError =>
  new BackendError('The WebGL context was lost, and with it all that was on the GPU', {
    path: 'webgl',
    hint: 'Reload the page, or start the backend "wasm", then load the last checkpoint',
  });

/** @throws BackendError when the browser took the context of the current backend away. */
export function assertContext(): void {
  if (getBackend() !== 'webgl') return;
  if (contextOf(currentBackend() as MathBackendWebGL).isContextLost()) throw lost();
}

const losses = new WeakMap<MathBackendWebGL, Promise<never>>();

/**
 * Waits for values from the GPU. tfjs asks again and again whether they have come, which they never do once the context
 * is lost: then this rejects.
 *
 * @throws BackendError when the context is lost before the values have come.
 */
export async function orLost<Values>(values: () => Promise<Values>): Promise<Values> {
  if (getBackend() !== 'webgl') return values();
  assertContext();
  return Promise.race([values(), lossOf(currentBackend() as MathBackendWebGL)]);
}

function lossOf(backend: MathBackendWebGL): Promise<never> {
  let loss = losses.get(backend);
  if (!loss) {
    loss = new Promise<never>((_, reject) => {
      contextOf(backend).canvas.addEventListener('webglcontextlost', () => reject(lost()), { once: true });
    });
    // Whoever waits hears of it; when nobody does, it is no unhandled rejection.
    loss.catch(() => undefined);
    losses.set(backend, loss);
  }
  return loss;
}

/** @throws BackendError on WebGL devices that compute in half precision: gradients vanish or overflow in 5 bits of exponent. */
export function assertTrains(): void {
  if (getBackend() !== 'webgl' || env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return;
  throw new BackendError('This GPU computes in 16-bit floats only, which is too coarse to train with', {
    path: 'webgl',
    expected: 'float32 render targets (EXT_color_buffer_float)',
    hint: 'Train on the backend "wasm"; networks that are trained already run here',
  });
}
