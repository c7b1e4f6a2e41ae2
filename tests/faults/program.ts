import { build } from 'esbuild';
import path from 'node:path';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');

/** What modules of the older kind find around them. */
const COMMON_JS = `
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const __dirname = import.meta.dirname;
`;

/** Bundles a program that uses `tessera-nn` into a folder: it is started hundreds of times, and so starts fast. */
export async function programIn(folder: string, source: string): Promise<string> {
  const outfile = path.join(folder, 'program.mjs');
  await build({
    stdin: { contents: source, resolveDir: path.join(REPOSITORY, 'tests') },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'silent' },
    conditions: ['tessera-source'],
    banner: { js: COMMON_JS },
  });
  return outfile;
}
