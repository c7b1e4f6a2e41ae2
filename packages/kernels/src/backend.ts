import * as tf from '@tensorflow/tfjs-core';
import { BackendError, didYouMean } from './errors.js';
import { inTurn } from './in-turn.js';
import { option, optionsOf, shownValue, type Given } from './options/index.js';
import { startWasm } from './wasm/threads.js';
import { setWasmFolder } from './wasm/wasm-backend.js';
import { whyLost } from './webgl/drawing/context.js';
import { startWebGL } from './webgl/drawing/start-webgl.js';

/** The backends Tessera brings along. Others that the program registered with tfjs can be named too. */
export const backendNames = ['webgl', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

const backendOptions = optionsOf('startBackend', {
  /** The folder in which the page serves tfjs's `.wasm` files. Node finds them by itself. */
  wasmPath: option.text.optional,
});
export type BackendOptions = Given<typeof backendOptions>;

/**
 * Loads and starts a backend, and makes it the current one.
 *
 * `auto` takes WebGL where the page has WebGL 2, else WASM. Nothing is loaded before it is asked for. A `webgl` whose context
 * the browser took away starts anew; what was on the GPU stays lost, and who reads it is told so.
 *
 * @returns the name of the backend that now runs.
 * @throws BackendError when the name is unknown, or the backend does not start here.
 */
export function startBackend(
  name: BackendName | 'auto' | (string & {}) = 'auto',
  options: BackendOptions = {},
): Promise<string> {
  return inTurn(() => start(name, options));
}

async function start(name: string, options: BackendOptions): Promise<string> {
  const { wasmPath } = backendOptions.read(options);
  if (typeof name !== 'string') {
    throw new BackendError('startBackend takes the name of a backend first', {
      path: 'startBackend',
      expected: `${backendNames.join(', ')} or auto`,
      received: shownValue(name),
      hint: 'Options come behind it: startBackend("wasm", { wasmPath })',
    });
  }
  const wanted = name === 'auto' ? (hasWebGL2() ? 'webgl' : 'wasm') : name;
  const known = [...new Set([...backendNames, ...tf.engine().backendNames()])];
  if (!known.includes(wanted)) {
    throw new BackendError(`There is no backend named "${wanted}"`, {
      path: 'startBackend',
      expected: `one of ${known.join(', ')}`,
      received: `"${wanted}"`,
      hint:
        wanted === 'webgpu'
          ? 'There is none for WebGPU yet; "webgl" computes on the same device'
          : (didYouMean(wanted, known) ?? 'Register it with tfjs first, or use "auto"'),
    });
  }
  const before = tf.engine().backendName;
  let started = false;
  let cause: unknown;
  try {
    await loadBackend(wanted, wasmPath);
    started = await starterOf(wanted)();
  } catch (error) {
    cause = error;
  }
  const lost = started ? whyLost() : undefined;
  if (!started || lost) {
    // tfjs stays without a backend otherwise and starts a second one at the next op, which cannot read older tensors.
    if (before) await tf.setBackend(before);
    if (lost) throw lost;
    throw new BackendError(`The backend "${wanted}" does not start here`, {
      path: 'startBackend',
      hint:
        wanted === 'wasm'
          ? 'Serve the .wasm files of @tensorflow/tfjs-backend-wasm and pass their folder as wasmPath'
          : 'Use startBackend("wasm"), which runs everywhere',
      ...(cause === undefined ? {} : { cause }),
    });
  }
  return wanted;
}

function starterOf(name: string): () => Promise<boolean> {
  if (name === 'wasm') return startWasm;
  return name === 'webgl' ? startWebGL : () => tf.setBackend(name);
}

async function loadBackend(name: string, wasmPath: string | undefined): Promise<void> {
  if (name === 'webgl') await import('@tensorflow/tfjs-backend-webgl');
  else if (name === 'cpu') await quietly(() => import('@tensorflow/tfjs-backend-cpu'));
  else if (name === 'wasm') {
    await import('@tensorflow/tfjs-backend-wasm');
    setWasmFolder(wasmPath);
  }
}

/** tfjs greets Node users of its cpu backend with a banner on the first write; nobody asked for it here. */
async function quietly(load: () => Promise<unknown>): Promise<void> {
  await load();
  const backend = tf.findBackend('cpu') as unknown as { firstUse?: boolean };
  if (backend) backend.firstUse = false;
}

function hasWebGL2(): boolean {
  try {
    if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(1, 1).getContext('webgl2') !== null;
    return typeof document !== 'undefined' && document.createElement('canvas').getContext('webgl2') !== null;
  } catch {
    return false;
  }
}

/** The name of the backend that runs now. */
export function currentBackend(): string {
  return tf.getBackend();
}

/** @throws BackendError where no backend was started, nor registered with tfjs, which would start it by itself. */
/** Refuses to go on without a backend. @throws BackendError when none was started. */
export function assertBackend(): void {
  if (tf.engine().backendNames().length > 0) return;
  throw new BackendError('No backend runs yet', {
    path: 'startBackend',
    hint: 'Call `await startBackend()` before the first Variable or module is made',
  });
}
