// Bundles tessera-nn, with tfjs, into one file for a script tag and one for an import without a bundler.
import { build } from 'esbuild';

/** Writes HDF5 files; five megabytes, which a page with an import map can bring along. */
const LEFT_OUT = ['h5wasm', 'node:*'];

const common = {
  entryPoints: ['packages/tessera/src/index.ts'],
  bundle: true,
  minify: true,
  sourcemap: true,
  target: 'es2022',
  platform: 'browser',
  mainFields: ['browser', 'module', 'main'],
  conditions: ['tessera-source'],
  external: LEFT_OUT,
  logLevel: 'warning',
};

await Promise.all([
  build({ ...common, format: 'esm', outfile: 'packages/tessera/dist/tessera-nn.esm.min.js' }),
  build({
    ...common,
    format: 'iife',
    globalName: 'tessera',
    outfile: 'packages/tessera/dist/tessera-nn.min.js',
    inject: ['scripts/script-url.js'],
    define: { 'import.meta.url': 'scriptUrl' },
  }),
]);
