import { engine, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { isDead } from './context.js';

/** As tfjs registers it. */
const PRIORITY = 2;

/** Starts the `webgl` backend; in the place of one whose context was lost comes another, on a context of its own. */
export async function startWebGL(): Promise<boolean> {
  const known = engine().registry['webgl'] as MathBackendWebGL | undefined;
  if (known && isDead(known)) {
    const Backend = known.constructor as new () => MathBackendWebGL;
    removeBackend('webgl');
    registerBackend('webgl', () => new Backend(), PRIORITY);
  }
  return setBackend('webgl');
}
