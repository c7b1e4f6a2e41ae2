import { companionBytes, fusedCompanionBytes } from './companion.bytes.js';
import { nodeModule } from './node.js';
import { withSharedMemory } from './shared-memory.js';

/**
 * The compiled companion: the one with fused multiplications and additions where the machine's WebAssembly has relaxed
 * SIMD, else the plain one. It imports memory that is `shared` by threads, or is not.
 *
 * @throws WebAssembly.CompileError where there is no SIMD, EvalError in a page that forbids to compile.
 */
export function companionModule(shared: boolean): WebAssembly.Module {
  const fused = decode(fusedCompanionBytes, shared);
  if (WebAssembly.validate(fused)) return new WebAssembly.Module(fused);
  return withRelaxedSimd(
    () => new WebAssembly.Module(WebAssembly.validate(fused) ? fused : decode(companionBytes, shared)),
  );
}

/** V8 11 of Node 20 has the instructions, but reads them only under a flag; it is set while our module is compiled. */
function withRelaxedSimd<T>(work: () => T): T {
  const v8 = nodeModule<{ setFlagsFromString(flag: string): void }>('node:v8');
  v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  try {
    return work();
  } finally {
    v8?.setFlagsFromString('--no-experimental-wasm-relaxed-simd');
  }
}

function decode(base64: string, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return shared ? withSharedMemory(bytes) : bytes;
}
