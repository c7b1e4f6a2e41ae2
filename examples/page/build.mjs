// Writes a page into its dist/, a folder that any web server can serve as it is, at any address.
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundler } from './bundle.mjs';

const WASM = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

/**
 * @param {{ folder: string, entryPoints: string[] }} page where it lies, and its files in there
 * @param {string} dist the folder that is written anew
 */
export async function buildPage(page, dist = path.join(page.folder, 'dist')) {
  const { folder } = page;
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await copyFile(path.join(folder, 'index.html'), path.join(dist, 'index.html'));
  await cp(WASM, path.join(dist, 'wasm'), {
    recursive: true,
    filter: (file) => file === WASM || file.endsWith('.wasm'),
  });
  const bundle = await bundler({ ...page, sourcemap: false });
  for (const [url, bytes] of await bundle.files()) {
    const file = path.join(dist, url);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  await bundle.close();
  console.log(`The page lies in ${path.relative(process.env.INIT_CWD ?? '.', dist)}`);
}
