// Writes the page into dist/, a folder that any web server can serve as it is, at any address.
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundler } from './bundle.mjs';

const FOLDER = import.meta.dirname;
const DIST = path.join(FOLDER, 'dist');
const WASM = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

await rm(DIST, { recursive: true, force: true });
await mkdir(path.join(DIST, 'assets'), { recursive: true });
await copyFile(path.join(FOLDER, 'index.html'), path.join(DIST, 'index.html'));
await cp(WASM, path.join(DIST, 'wasm'), {
  recursive: true,
  filter: (file) => file === WASM || file.endsWith('.wasm'),
});
const bundle = await bundler({ sourcemap: false });
for (const [url, bytes] of await bundle.files()) await writeFile(path.join(DIST, url), bytes);
await bundle.close();
console.log(`The page lies in ${path.relative(process.env.INIT_CWD ?? '.', DIST)}`);
