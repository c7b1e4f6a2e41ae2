// Writes a page into its dist/, a folder that any web server can serve as it is, at any address.
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundler } from './bundle.mjs';

const WASM = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

/** @param {{ folder: string, entryPoints: string[] }} page where it lies, and its files in there */
export async function buildPage(page) {
  const { folder } = page;
  const dist = path.join(folder, 'dist');
  await rm(dist, { recursive: true, force: true });
  await mkdir(path.join(dist, 'assets'), { recursive: true });
  await copyFile(path.join(folder, 'index.html'), path.join(dist, 'index.html'));
  await cp(WASM, path.join(dist, 'wasm'), {
    recursive: true,
    filter: (file) => file === WASM || file.endsWith('.wasm'),
  });
  const bundle = await bundler({ ...page, sourcemap: false });
  for (const [url, bytes] of await bundle.files()) await writeFile(path.join(dist, url), bytes);
  await bundle.close();
  console.log(`The page lies in ${path.relative(process.env.INIT_CWD ?? '.', dist)}`);
}
