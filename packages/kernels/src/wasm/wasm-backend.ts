import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { env } from '@tensorflow/tfjs-core';
import { BackendError } from '../errors.js';
import { refuseOutOfMemory } from './checked-malloc.js';
import { withoutListenersOf } from './foreign-listeners.js';
import { isNode, nodeModule } from './node.js';
import { withSharedMemory } from './shared-memory.js';
import { bundledFile, type WasmFile } from './wasm-files.js';

/** The functions of tfjs's module that its backend calls, with their results and arguments; checked against version 4.22. */
const FUNCTIONS = {
  init: ['init', null, []],
  initWithThreadsCount: ['init_with_threads_count', null, ['number']],
  getThreadsCount: ['get_threads_count', 'number', []],
  registerTensor: ['register_tensor', null, ['number', 'number', 'number']],
  disposeData: ['dispose_data', null, ['number']],
  dispose: ['dispose', null, []],
} as const;

/** What emscripten's glue makes of tfjs's module. */
interface WasmModule {
  cwrap(name: string, returns: string | null, takes: readonly string[]): unknown;
  tfjs?: object;
}

/** What the glue may be told. */
interface GlueOptions {
  /** Where a file lies; `folder` is the glue's own. */
  locateFile: (name: string, folder: string) => string;
  /** Compiles the module in the glue's place and hands it over. */
  instantiateWasm: (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => object;
}

let folder: string | undefined;

/** Sets where the page serves tfjs's `.wasm` files; undefined leaves it to the bundler, and to tfjs in Node. */
export function setWasmFolder(path: string | undefined): void {
  folder = path === undefined || path.endsWith('/') ? path : `${path}/`;
}

/**
 * A wasm backend of tfjs's that nobody uses yet. Tfjs would start one by itself, but takes no module that was changed, no
 * other folder after a start that failed, and says not why it failed.
 *
 * @param shared whether threads share its memory.
 * @throws what reading or compiling the module throws.
 */
export async function makeWasmBackend(shared: boolean): Promise<BackendWasm> {
  const [{ BackendWasm }, { default: glue }, simd] = await Promise.all([
    import('@tensorflow/tfjs-backend-wasm'),
    import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js') as unknown as Promise<{
      default: (options: GlueOptions) => Promise<WasmModule>;
    }>,
    env().getAsync('WASM_HAS_SIMD_SUPPORT'),
  ]);
  const name: WasmFile = simd ? 'tfjs-backend-wasm-simd.wasm' : 'tfjs-backend-wasm.wasm';
  const module = await new Promise<WasmModule>((resolve, reject) => {
    let file: string = name;
    const start = () =>
      glue({
        locateFile: (_, own) => (file = folder === undefined && !isNode ? bundledFile(name) : (folder ?? own) + name),
        instantiateWasm: (imports, done) => {
          instantiate(file, imports, shared).then(done).catch(reject);
          return {};
        },
      });
    withoutListenersOf(start).then(resolve, reject);
  });
  module.tfjs = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([key, [name, returns, takes]]) => [key, module.cwrap(name, returns, takes)]),
  );
  const backend = new BackendWasm(module as unknown as ConstructorParameters<typeof BackendWasm>[0]);
  refuseOutOfMemory(backend);
  return backend;
}

async function instantiate(file: string, imports: WebAssembly.Imports, shared: boolean): Promise<WebAssembly.Instance> {
  const source = await (isNode ? readFile(file) : fetchFile(file));
  // As it streams in, a browser can keep what it compiled for the next visit.
  if (source instanceof Response && !shared && source.headers.get('content-type')?.startsWith('application/wasm'))
    return (await WebAssembly.instantiateStreaming(source, imports)).instance;
  const bytes = source instanceof Response ? new Uint8Array(await source.arrayBuffer()) : source;
  return (await WebAssembly.instantiate(shared ? withSharedMemory(bytes) : bytes, imports)).instance;
}

function readFile(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const files = nodeModule<{ readFile(path: string | URL): Promise<Uint8Array<ArrayBuffer>> }>('node:fs/promises')!;
  return files.readFile(file.startsWith('file:') ? new URL(file) : file);
}

async function fetchFile(file: string): Promise<Response> {
  const response = await fetch(file, { credentials: 'same-origin' });
  if (!response.ok)
    throw new BackendError(`The server does not send ${file}`, {
      received: `${response.status} ${response.statusText}`,
    });
  if (response.headers.get('content-type')?.startsWith('text/html'))
    throw new BackendError(`The server sends a page in the place of ${file}`);
  return response;
}
