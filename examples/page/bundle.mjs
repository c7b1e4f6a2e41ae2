// Bundles a page in memory, each time it is asked to, so that a changed file shows after a reload of the page.
import path from 'node:path';
import { context } from 'esbuild';

/**
 * @param {{ folder: string, entryPoints: string[], sourcemap?: boolean }} page where it lies, and its files in there
 * @returns {Promise<{ files: () => Promise<Map<string, Uint8Array>>, close: () => Promise<void> }>} by URL path
 */
export async function bundler({ folder, entryPoints, sourcemap = true }) {
  const bundling = await context({
    absWorkingDir: folder,
    entryPoints,
    outdir: 'assets',
    bundle: true,
    splitting: true, // a backend is loaded when it is chosen
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    mainFields: ['browser', 'module', 'main'],
    conditions: ['tessera-source'], // inside this repository: the sources themselves; elsewhere it changes nothing
    external: ['node:*'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    sourcemap,
    write: false,
    logLevel: 'warning',
  });
  const toUrl = (file) => `/${path.relative(folder, file).replaceAll(path.sep, '/')}`;
  return {
    files: async () => {
      const { outputFiles } = await bundling.rebuild();
      return new Map(outputFiles.map((file) => [toUrl(file.path), file.contents]));
    },
    close: () => bundling.dispose(),
  };
}
