/** The modules of tfjs's wasm backend that are started: with SIMD and without. */
export type WasmFile = 'tfjs-backend-wasm-simd.wasm' | 'tfjs-backend-wasm.wasm';

/**
 * The address of a file that the build puts beside this one. Vite, webpack and others know `new URL(…, import.meta.url)` as
 * it stands, and bring the file along; where nobody does, it is looked for beside the script.
 */
export function bundledFile(name: WasmFile): string {
  if (!import.meta.url) return name; // a script that is no module: beside the page
  return name === 'tfjs-backend-wasm.wasm'
    ? new URL('./tfjs-backend-wasm.wasm', import.meta.url).href
    : new URL('./tfjs-backend-wasm-simd.wasm', import.meta.url).href;
}
