// Bundles the page in memory, each time it is asked to, so that a changed file shows after a reload of the page.
import path from 'node:path';
import { context } from 'esbuild';

const FOLDER = import.meta.dirname;

/** @returns {Promise<{ files: () => Promise<Map<string, Uint8Array>>, close: () => Promise<void> }>} by URL path */
export async function bundler({ sourcemap = true } = {}) {
  const bundling = await context({
    absWorkingDir: FOLDER,
    entryPoints: ['main.ts', 'style.css'],
    outdir: 'assets',
    bundle: true,
    splitting: true, // a backend is loaded when it is chosen
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['tessera-source'], // inside this repository: the sources themselves; elsewhere it changes nothing
    external: ['node:*'],
    minify: true,
    sourcemap,
    write: false,
    logLevel: 'warning',
  });
  const toUrl = (file) => `/${path.relative(FOLDER, file).replaceAll(path.sep, '/')}`;
  return {
    files: async () => {
      const { outputFiles } = await bundling.rebuild();
      return new Map(outputFiles.map((file) => [toUrl(file.path), file.contents]));
    },
    close: () => bundling.dispose(),
  };
}
