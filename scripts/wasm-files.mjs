// Copies the .wasm files of tfjs beside what was built, where bundlers find them by wasm-files.js and a script tag beside its
// script.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const FILES = ['tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm.wasm'];
const source = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

for (const folder of ['packages/kernels/dist/wasm', 'packages/tessera/dist']) {
  mkdirSync(folder, { recursive: true });
  for (const file of FILES) copyFileSync(path.join(source, file), path.join(folder, file));
}
