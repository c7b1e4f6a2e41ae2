import { build } from 'esbuild';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Bundles a script that ranks run, and returns where it lies: a worker would read every source of every package by itself,
 * and each rank would do so again.
 */
export async function bundled(script: URL): Promise<URL> {
  const outfile = fileURLToPath(
    new URL(`../../../node_modules/.cache/tessera-grid/${path.basename(script.pathname, '.ts')}.mjs`, import.meta.url),
  );
  await build({
    entryPoints: [fileURLToPath(script)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['tessera-source'],
    external: ['@tensorflow/*', 'chai', 'koffi'],
    logLevel: 'error',
  });
  return pathToFileURL(outfile);
}
