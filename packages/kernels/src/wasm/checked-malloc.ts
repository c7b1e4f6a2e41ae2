import { BackendError } from '../errors.js';

/** The members of tfjs's wasm backend that are used here; checked against version 4.22. */
interface WasmBackend {
  wasm: { _malloc: Malloc };
}

type Malloc = (bytes: number) => number;

/** The size of the largest wasm memory; malloc takes 32 bits, and would make a small piece of more. */
const MOST_BYTES = 2 ** 32;

const checked = new WeakSet<object>();

/**
 * Makes a wasm backend throw where its memory has no room. Its malloc returns 0 then, which is an address like any other: what
 * is written there goes over the memory of others.
 *
 * It stands in front of whatever malloc the module has, so that one put there later is asked as well.
 */
export function refuseOutOfMemory(backend: object): void {
  const { wasm } = backend as WasmBackend;
  if (checked.has(wasm)) return;
  checked.add(wasm);
  let malloc = inFront(wasm._malloc);
  Object.defineProperty(wasm, '_malloc', {
    configurable: true,
    enumerable: true,
    get: () => malloc,
    set: (other: Malloc) => (malloc = inFront(other)),
  });
}

const inFront =
  (malloc: Malloc): Malloc =>
  (bytes) => {
    const address = bytes < MOST_BYTES ? malloc(bytes) : 0;
    if (address !== 0 || bytes === 0) return address;
    throw new BackendError(`The wasm memory has no room for ${bytes} bytes`, {
      path: 'wasm',
      hint: 'Take smaller batches, dispose what is not needed, or start anew with a smaller network',
    });
  };
