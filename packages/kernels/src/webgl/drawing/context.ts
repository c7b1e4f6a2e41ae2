import { backend as currentBackend, env, getBackend } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { BackendError } from '../../errors.js';

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

/** Those who wait for values of a backend, to be told when its context is lost. */
const waiting = new WeakMap<MathBackendWebGL, Set<(reason: BackendError) => void>>();

/**
 * Waits for values from the GPU. tfjs asks again and again whether they have come, which they never do once the context
 * is lost: then this rejects.
 *
 * @throws BackendError when the context is lost before the values have come.
 */
export async function orLost<Values>(values: () => Promise<Values>): Promise<Values> {
  if (getBackend() !== 'webgl') return values();
  assertContext();
  const waits = waitingFor(currentBackend() as MathBackendWebGL);
  // Not a race against one promise for the backend's lifetime: that would keep the values of every race.
  return new Promise<Values>((resolve, reject) => {
    waits.add(reject);
    void values()
      .then(resolve, reject)
      .finally(() => waits.delete(reject));
  });
}

function waitingFor(backend: MathBackendWebGL): Set<(reason: BackendError) => void> {
  const known = waiting.get(backend);
  if (known) return known;
  const waits = new Set<(reason: BackendError) => void>();
  waiting.set(backend, waits);
  contextOf(backend).canvas.addEventListener('webglcontextlost', () => {
    for (const reject of waits) reject(lost());
    waits.clear();
  });
  return waits;
}

/**
 * Refuses to train on a GPU that draws 16-bit floats only: gradients vanish or overflow in 5 bits of exponent.
 *
 * @throws BackendError there.
 */
export function assertTrains(): void {
  if (getBackend() !== 'webgl' || env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) return;
  throw new BackendError('This GPU computes in 16-bit floats only, which is too coarse to train with', {
    path: 'webgl',
    expected: 'float32 render targets (EXT_color_buffer_float)',
    hint: 'Train on the backend "wasm"; networks that are trained already run here',
  });
}
