// Bundles the specs for the browser, in memory, and maps stacks of the bundles back to lines of the sources.
import path from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { build } from 'esbuild';

/** Where the bundles would lie on disk; only coverage writes them there. */
export const BUNDLE_FOLDER = path.resolve('.esm');

/** @returns {Promise<{ urls: string[], files: Map<string, Uint8Array>, toSources: (stack: string) => string }>} */
export async function bundleSpecs(specs, { inlineMaps = false } = {}) {
  const { outputFiles } = await build({
    entryPoints: specs,
    bundle: true,
    splitting: true, // one copy of tfjs and of Tessera for all specs
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
    outdir: BUNDLE_FOLDER,
    outbase: '.',
    sourcemap: inlineMaps ? 'inline' : 'linked',
    sourcesContent: true,
    conditions: ['tessera-source'],
    mainFields: ['browser', 'module', 'main'],
    external: ['node:*'],
    define: { 'process.env.NODE_ENV': '"test"' },
    logLevel: 'warning',
  });
  const files = new Map(outputFiles.map((file) => [toUrl(file.path), file.contents]));
  return {
    urls: specs.map((spec) => `/s/${spec.replace(/\.ts$/, '.js')}`),
    files,
    toSources: stackMapper(files),
  };
}

const toUrl = (file) => `/s/${path.relative(BUNDLE_FOLDER, file).replaceAll(path.sep, '/')}`;

function stackMapper(files) {
  const maps = new Map();
  const mapOf = (url) => {
    const json = files.get(`${url}.map`);
    if (json && !maps.has(url)) maps.set(url, new TraceMap(new TextDecoder().decode(json)));
    return maps.get(url);
  };
  return (stack) =>
    // mocha takes the origin off the frames of a test's error
    stack.replace(/(?:https?:\/\/[^/\s]+\/|\b)(s\/[^\s:]+\.js):(\d+):(\d+)/g, (frame, file, line, column) => {
      const url = `/${file}`;
      const map = mapOf(url);
      const original = map && originalPositionFor(map, { line: Number(line), column: Number(column) - 1 });
      if (!original?.source) return frame;
      const folder = path.dirname(path.join(BUNDLE_FOLDER, url.slice('/s/'.length)));
      return `${path.relative('.', path.resolve(folder, original.source))}:${original.line}:${original.column + 1}`;
    });
}
