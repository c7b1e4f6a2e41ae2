import {
  engine,
  env,
  findBackend,
  getBackend,
  registerBackend,
  removeBackend,
  setBackend,
} from '@tensorflow/tfjs-core';
import { BackendError, ValueError } from '../errors.js';
import { refuseOutOfMemory } from './checked-malloc.js';
import { onSharedMemory, startThreads } from './companion.js';
import { withoutForeignListeners } from './foreign-listeners.js';
import { assertThreads, withSharedModules } from './shared-memory.js';

/** Beyond it the parts of a kernel are too small; no machine of today gains. */
const MAX_THREADS = 64;

let wanted = 1;

/**
 * Sets how many threads compute on the `wasm` backend, the calling one counted. Default 1.
 *
 * Matrix products, convolutions and what else is worth it are split into parts that any thread takes; each number is
 * computed by one of them in the same order, so that results are the same to the bit for any count. The memory of the
 * backend must be shared for it: if it runs already, it starts anew, and tensors move over when they are used next.
 * Threads do not keep a process from ending. In pages it takes cross-origin isolation.
 *
 * @throws ValueError for a count that is not a whole number from 1 to 64.
 * @throws BackendError where memory cannot be shared, or where the backend does not start on it.
 */
export async function setThreads(count: number): Promise<void> {
  if (!Number.isInteger(count) || count < 1 || count > MAX_THREADS) {
    throw new ValueError('setThreads: not a number of threads', {
      path: 'setThreads',
      expected: `a whole number from 1 to ${MAX_THREADS}`,
      received: String(count),
    });
  }
  if (count > 1) assertThreads();
  const before = wanted;
  wanted = count;
  try {
    if (engine().registry['wasm']) await apply();
  } catch (error) {
    wanted = before;
    throw error;
  }
}

/** How many threads compute on the `wasm` backend, the calling one counted. */
export function threads(): number {
  return wanted;
}

/** Starts the `wasm` backend, on shared memory where threads are wanted. Used by `startBackend`. */
export async function startWasm(): Promise<boolean> {
  // The threads of tfjs serve its own kernels alone, and its memory cannot be reached there.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (engine().registry['wasm'] || wanted === 1) return withoutForeignListeners(() => start());
  if (!(await startShared())) return false;
  await startThreads(findBackend('wasm'), wanted);
  return true;
}

async function apply(): Promise<void> {
  if (wanted > 1 && !onSharedMemory(findBackend('wasm'))) await startAnew();
  await startThreads(findBackend('wasm'), wanted);
}

/** Exchanges the backend for one on shared memory. The old one stays as the source of tensors that were not used since. */
async function startAnew(): Promise<void> {
  const current = getBackend();
  const { factory, priority } = engine().registryFactory['wasm']!;
  const old = findBackend('wasm');
  old.dispose = () => undefined; // tfjs would end it, with all that its tensors hold
  removeBackend('wasm');
  registerBackend('wasm', factory, priority);
  if (!(await startShared())) {
    throw new BackendError('The backend "wasm" does not start on shared memory', { path: 'setThreads' });
  }
  if (current !== 'wasm') await setBackend(current);
}

const startShared = (): Promise<boolean> => withoutForeignListeners(() => withSharedModules(start));

async function start(): Promise<boolean> {
  const started = await setBackend('wasm');
  if (started) refuseOutOfMemory(findBackend('wasm'));
  return started;
}
