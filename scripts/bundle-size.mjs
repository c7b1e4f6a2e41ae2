// What programs weigh in a page, minified and packed, without and with tfjs.
// node scripts/bundle-size.mjs            the table
// node scripts/bundle-size.mjs --write    the table, into benchmarks/README.md
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { format } from 'prettier';

const PAGE = 'benchmarks/README.md';
const programs = {
  'a Variable and its gradient': 'export { startBackend, Variable } from "tessera-nn";',
  'a LeNet, trained on webgl or wasm':
    'export { Activation, Adam, Conv2D, CrossEntropy, Flatten, Linear, MaxPool2D, Sequential, startBackend, Trainer } from "tessera-nn";',
  'everything, HDF5 included': 'export * from "tessera-nn";',
};

async function sizeOf(contents, external) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: 'packages/tessera' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
    outdir: 'bundle',
    conditions: ['tessera-source'],
    mainFields: ['browser', 'module', 'main'],
    external: ['node:*', ...external],
    logLevel: 'warning',
  });
  const [{ contents: bytes }] = outputFiles;
  return { minified: bytes.length, packed: gzipSync(bytes, { level: 9 }).length };
}

const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
const rows = [];
for (const [name, contents] of Object.entries(programs)) {
  const [ours, all] = [await sizeOf(contents, ['@tensorflow/*']), await sizeOf(contents, [])];
  rows.push([name, ours.minified, ours.packed, all.packed].map((cell) => (cell === name ? cell : kilobytes(cell))));
}
const head = ['program', 'minified', 'gzipped', 'gzipped with tfjs'];
const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
console.log(table);

if (process.argv.includes('--write')) {
  const text = readFileSync(PAGE, 'utf8');
  const section = /(?<=## Size\n\n[^|]*\n\n)\|[^]*?(?=\n\n|\n*$)/;
  if (!section.test(text)) throw new Error(`${PAGE} has no table under "## Size"`);
  writeFileSync(PAGE, await format(text.replace(section, table), { parser: 'markdown', printWidth: 120 }));
}
