import {
  engine,
  findBackend,
  getBackend,
  registerBackend,
  removeBackend,
  setBackend,
  type KernelBackend,
} from '@tensorflow/tfjs-core';
import { BackendError, ValueError } from '../errors.js';
import { inTurn } from '../in-turn.js';
import { refuseOutOfMemory } from './checked-malloc.js';
import { loadCompanion, onSharedMemory, startThreads } from './companion.js';
import { assertThreads } from './shared-memory.js';
import { makeWasmBackend } from './wasm-backend.js';

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
  return inTurn(async () => {
    const before = wanted;
    wanted = count;
    try {
      if (engine().registry['wasm']) await apply();
    } catch (error) {
      wanted = before;
      throw error;
    }
  });
}

/** How many threads compute on the `wasm` backend, the calling one counted. */
export function threads(): number {
  return wanted;
}

/** Starts the `wasm` backend, on shared memory where threads are wanted. Used by `startBackend`. */
export async function startWasm(): Promise<boolean> {
  await loadCompanion();
  if (engine().registry['wasm']) {
    refuseOutOfMemory(findBackend('wasm')); // somebody else may have started it
    return setBackend('wasm');
  }
  replaceWasm(await makeWasmBackend(wanted > 1));
  await setBackend('wasm');
  if (wanted > 1) await startThreads(findBackend('wasm'), wanted);
  return true;
}

async function apply(): Promise<void> {
  await loadCompanion();
  if (wanted > 1 && !onSharedMemory(findBackend('wasm'))) {
    const backend = await makeWasmBackend(true).catch((cause: unknown) => {
      throw new BackendError('The backend "wasm" does not start on shared memory', { path: 'setThreads', cause });
    });
    const isCurrent = getBackend() === 'wasm';
    replaceWasm(backend);
    if (isCurrent) await setBackend('wasm');
  }
  await startThreads(findBackend('wasm'), wanted);
}

/**
 * Puts a backend in the place of the one that there is, at once: whoever computes meanwhile finds one or the other. The old
 * one stays as the source of tensors that were not used since.
 */
export function replaceWasm(backend: KernelBackend): void {
  const old = engine().registry['wasm'];
  if (old) old.dispose = () => undefined; // tfjs would end it, with all that its tensors hold
  const { priority } = engine().registryFactory['wasm']!;
  removeBackend('wasm');
  registerBackend('wasm', () => backend, priority);
}
