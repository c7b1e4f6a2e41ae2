import { backend as currentBackend, env, getBackend } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { BackendError } from '../../errors.js';
import { texturePool } from '../textures/texture-pool.js';

const contextOf = (backend: MathBackendWebGL): WebGL2RenderingContext => backend.gpgpu.gl as WebGL2RenderingContext;

const lost = (): BackendError =>
  new BackendError('The WebGL context was lost, and with it all that was on the GPU', {
    path: 'webgl',
    hint: 'Start it anew with startBackend("webgl"), or "wasm" in its place, then load the last checkpoint',
  });

/** Those who wait for values of a backend, to be told when its context is lost. */
const waiting = new WeakMap<MathBackendWebGL, Set<(reason: BackendError) => void>>();
/**
 * Backends whose context was lost once. The browser may restore it, but not what was on it: textures read as zeros then, and
 * programs are gone.
 */
const dead = new WeakSet<MathBackendWebGL>();

/** @throws BackendError when the browser took the context of the current backend away, also if it has given it back. */
export function assertContext(): void {
  const why = whyLost();
  if (why) throw why;
}

/** What `assertContext` throws. */
export function whyLost(): BackendError | undefined {
  return getBackend() === 'webgl' ? whyDead(currentBackend() as MathBackendWebGL) : undefined;
}

/** Whether a context was lost. Its tensors stay lost, and another one is needed to go on. */
export const isDead = (backend: MathBackendWebGL): boolean => whyDead(backend) !== undefined;

function whyDead(backend: MathBackendWebGL): BackendError | undefined {
  watch(backend);
  if (contextOf(backend).isContextLost()) dead.add(backend);
  return dead.has(backend) ? lost() : undefined;
}

function assertAlive(backend: MathBackendWebGL): void {
  const why = whyDead(backend);
  if (why) throw why;
}

/**
 * Waits for values from the GPU. tfjs asks again and again whether they have come, which they never do once the context
 * is lost: then this rejects.
 *
 * @throws BackendError when the context is lost before the values have come.
 */
export async function orLost<Values>(values: () => Promise<Values>): Promise<Values> {
  return getBackend() === 'webgl' ? orDead(currentBackend() as MathBackendWebGL, values) : values();
}

async function orDead<Values>(backend: MathBackendWebGL, values: () => Promise<Values>): Promise<Values> {
  assertAlive(backend);
  const waits = watch(backend);
  // Not a race against one promise for the backend's lifetime: that would keep the values of every race.
  return new Promise<Values>((resolve, reject) => {
    waits.add(reject);
    void values()
      .then((come) => {
        assertAlive(backend); // what is read while the context goes is zeros
        resolve(come);
      })
      .catch(reject)
      .finally(() => waits.delete(reject));
  });
}

/**
 * On the first look at a backend: notes when its context is lost, lets tfjs read nothing from then on but what lies on the
 * host, and puts the pool in front of its textures.
 */
function watch(backend: MathBackendWebGL): Set<(reason: BackendError) => void> {
  const known = waiting.get(backend);
  if (known) return known;
  const waits = new Set<(reason: BackendError) => void>();
  waiting.set(backend, waits);
  contextOf(backend).canvas.addEventListener('webglcontextlost', () => {
    dead.add(backend);
    for (const reject of waits) reject(lost());
    waits.clear();
  });
  texturePool(backend);
  const [read, readSync] = [backend.read.bind(backend), backend.readSync.bind(backend)];
  const onHost = (id: object) => backend.texData.get(id).values != null;
  backend.readSync = (id) => {
    if (!onHost(id)) assertAlive(backend);
    return readSync(id);
  };
  backend.read = (id) => (onHost(id) ? read(id) : orDead(backend, () => read(id)));
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
