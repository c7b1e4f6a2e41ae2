import { BackendError } from '../errors.js';
import { isNode } from './node.js';

const MEMORY_IMPORT = 2;
const [IMPORTS, MEMORIES] = [2, 5]; // sections of a module
const [WITH_MAXIMUM, SHARED_WITH_MAXIMUM] = [1, 3]; // how the limits of a memory begin

/**
 * A copy of a module whose memory, imported or its own, is shared by threads; the module must name the memory's maximum.
 * Only this flag tells a module on shared memory from one on its own: loads and stores are the same instructions.
 */
export function withSharedMemory(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(module);
  const limits = memoryLimits(copy);
  if (limits === undefined || copy[limits] !== WITH_MAXIMUM) {
    throw new BackendError('This wasm module has no memory with a maximum, which threads could share');
  }
  copy[limits] = SHARED_WITH_MAXIMUM;
  return copy;
}

/** Where the limits of the memory of a module begin. */
function memoryLimits(module: Uint8Array): number | undefined {
  let at = 8; // behind the magic number and the version
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const skipName = () => {
    const length = number();
    at += length;
  };
  while (at < module.length) {
    const section = module[at++]!;
    const size = number();
    const end = at + size;
    if (section === IMPORTS) {
      for (let left = number(); left > 0; left--) {
        skipName();
        skipName();
        const kind = module[at++]!;
        if (kind === MEMORY_IMPORT) return at;
        if (kind !== 0) break; // tables and globals: no module of ours or tfjs's imports them
        number(); // the type of a function
      }
    } else if (section === MEMORIES && number() > 0) return at;
    at = end;
  }
  return undefined;
}

/** @throws BackendError where memory cannot be shared by threads. */
export function assertThreads(): void {
  const isolated = isNode || (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === true;
  if (isolated && typeof SharedArrayBuffer !== 'undefined' && (isNode || typeof Worker !== 'undefined')) return;
  throw new BackendError('Threads cannot share memory here', {
    path: 'setThreads',
    expected: 'Node, or a page that is cross-origin isolated',
    received: 'a page that is not',
    hint: 'Serve the page with "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"',
  });
}
