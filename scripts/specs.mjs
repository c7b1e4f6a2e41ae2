// What mocha runs in Node. mocha imports .mjs files with import(), so every spec stays in ONE module graph (ESM) and a
// load error keeps its own message. SPEC narrows the list: SPEC=prelu npx mocha
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { specFiles } from './spec-files.mjs';

const backend = process.env.TESSERA_BACKEND ?? 'wasm';
for (const file of specFiles({ nodeOnly: backend === 'wasm', only: process.env.SPEC })) {
  try {
    await import(pathToFileURL(path.resolve(file)).href);
  } catch (error) {
    // A spec that cannot be loaded is one failed test; the others still run.
    describe(file, () => {
      it('loads', () => {
        throw error;
      });
    });
  }
}
