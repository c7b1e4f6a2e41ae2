import * as tf from '@tensorflow/tfjs-core';
import { planAutomatically, warnOf, type PassedOver } from './automatic-backend.js';
import { BackendError, didYouMean } from './errors.js';
import { inTurn } from './in-turn.js';
import { option, optionsOf, shownValue, type Given } from './options/index.js';
import { startWasm } from './wasm/threads.js';
import { setWasmFolder } from './wasm/wasm-backend.js';
import { whyLost } from './webgl/drawing/context.js';
import { startWebGL } from './webgl/drawing/start-webgl.js';

export type { PassedOver };

/** The backends Tessera brings along. Others that the program registered with tfjs can be named too. */
export const backendNames = ['webgl', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

const backendOptions = optionsOf('startBackend', {
  /** The folder in which the page serves tfjs's `.wasm` files. Node finds them by itself. */
  wasmPath: option.text.optional,
});
export type BackendOptions = Given<typeof backendOptions>;

/** What `startBackend` came to. */
export interface BackendChoice {
  /** The backend that was started. */
  readonly backend: string;
  /** Those that the automatic choice did not take, and why not, in the order of preference. */
  readonly passedOver: readonly PassedOver[];
}

let choice: BackendChoice | undefined;

/** What the last `startBackend` came to; undefined before the first. */
export function backendChoice(): BackendChoice | undefined {
  return choice;
}

/**
 * Loads and starts a backend, and makes it the current one.
 *
 * `auto` takes WebGL where a graphics card draws it, else WASM, else WebGL drawn by the processor, else plain JavaScript: the
 * first that starts. Where that is not the first, one line of warning says why, and so does {@link backendChoice}. Nothing is
 * loaded before it is asked for. A `webgl` whose context the browser took away starts anew; what was on the GPU stays lost, and
 * who reads it is told so.
 *
 * @returns the name of the backend that now runs.
 * @throws BackendError when the name is unknown, or the backend does not start here.
 */
export function startBackend(
  name: BackendName | 'auto' | (string & {}) = 'auto',
  options: BackendOptions = {},
): Promise<string> {
  return inTurn(async () => {
    const { wasmPath } = backendOptions.read(options);
    choice = name === 'auto' ? await startBest(wasmPath) : await startNamed(name, wasmPath);
    return choice.backend;
  });
}

async function startBest(wasmPath: string | undefined): Promise<BackendChoice> {
  const { order, passedOver } = planAutomatically();
  const refused = [...passedOver];
  for (const backend of order) {
    try {
      await start(backend, wasmPath);
      warnOf(backend, refused);
      return { backend, passedOver: refused.filter((other) => other.backend !== backend) };
    } catch (error) {
      refused.push({ backend, why: reasonOf(error) });
    }
  }
  throw new BackendError('No backend starts here', {
    path: 'startBackend',
    received: refused.map(({ backend, why }) => `${backend}: ${why}`).join('; '),
  });
}

/** Why a backend did not start, in its own words where it has some. */
function reasonOf(error: unknown): string {
  const { message, hint, cause } = error as BackendError;
  const own = cause instanceof Error ? [cause.message.replace(/\.$/, ''), hint].filter(Boolean).join('. ') : message;
  return own.replace(/\s+/g, ' ');
}

async function startNamed(name: string, wasmPath: string | undefined): Promise<BackendChoice> {
  if (typeof name !== 'string') {
    throw new BackendError('startBackend takes the name of a backend first', {
      path: 'startBackend',
      expected: `${backendNames.join(', ')} or auto`,
      received: shownValue(name),
      hint: 'Options come behind it: startBackend("wasm", { wasmPath })',
    });
  }
  const known = [...new Set([...backendNames, ...tf.engine().backendNames()])];
  if (!known.includes(name)) {
    throw new BackendError(`There is no backend named "${name}"`, {
      path: 'startBackend',
      expected: `one of ${known.join(', ')}`,
      received: `"${name}"`,
      hint:
        name === 'webgpu'
          ? 'There is none for WebGPU yet; "webgl" computes on the same device'
          : (didYouMean(name, known) ?? 'Register it with tfjs first, or use "auto"'),
    });
  }
  await start(name, wasmPath);
  return { backend: name, passedOver: [] };
}

async function start(wanted: string, wasmPath: string | undefined): Promise<void> {
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
  if (started && !lost) return;
  // tfjs stays without a backend otherwise and starts a second one at the next op, which cannot read older tensors.
  if (before) await tf.setBackend(before);
  if (lost) throw lost;
  throw new BackendError(`The backend "${wanted}" does not start here`, {
    path: 'startBackend',
    hint: wanted === 'wasm' ? hintFor(cause) : 'Use startBackend("wasm"), which runs everywhere',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What to do where WASM does not start. */
function hintFor(cause: unknown): string {
  return /unsafe-eval|blocked by CSP/.test(String(cause))
    ? "Allow it by the Content Security Policy script-src 'wasm-unsafe-eval'"
    : 'Serve the .wasm files of @tensorflow/tfjs-backend-wasm and pass their folder as wasmPath';
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

/** The name of the backend that runs now. */
export function currentBackend(): string {
  return tf.getBackend();
}

/** Refuses to go on without a backend. @throws BackendError where none was started, nor registered with tfjs. */
export function assertBackend(): void {
  if (tf.engine().backendNames().length > 0) return;
  throw new BackendError('No backend runs yet', {
    path: 'startBackend',
    hint: 'Call `await startBackend()` before the first Variable or module is made',
  });
}
