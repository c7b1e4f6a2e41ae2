// npm run bench                      the names
// npm run bench -- NAME [NAME ...]   a table
// npm run bench -- NAME --json       one JSON object a row
// npm run bench -- NAME --device D   what runs in a page, on swiftshader, mesa, firefox or webkit
// npm run bench -- NAME --profile    what each draw of our step costs, on WebGL
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { nearestName } from 'tessera-nn';
import { engineOf, engines } from '../scripts/browser/engines/index.mjs';
import { profileInPage, runInPage } from './in-page.js';
import { median, Unavailable, type Benchmark, type Figures, type Row } from './row.js';

const folder = path.join(import.meta.dirname, 'rows');
const names = readdirSync(folder)
  .map((file) => path.basename(file, '.ts'))
  .sort();

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean' },
    profile: { type: 'boolean' },
    device: { type: 'string', default: 'swiftshader' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});
if (values.help || positionals.length === 0) {
  console.log(
    `npm run bench -- NAME [--json | --profile] [--device ${Object.keys(engines).join(' | ')}]\n\n${names.join('\n')}`,
  );
  process.exit();
}
try {
  engineOf(values.device);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
for (const name of positionals) {
  if (!names.includes(name)) {
    const near = nearestName(name, names);
    console.error(`There is no benchmark "${name}".${near ? ` Did you mean "${near}"?` : ''}\n\n${names.join('\n')}`);
    process.exit(1);
  }
  const file = path.join(folder, `${name}.ts`);
  const { benchmark } = (await import(pathToFileURL(file).href)) as { benchmark: Benchmark };
  if (values.profile) {
    await profile(file, benchmark);
    continue;
  }
  let figures: Partial<Figures>;
  try {
    figures = benchmark.where === 'page' ? await inPages(file, benchmark.pages) : await benchmark.run(0);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exit(1);
  }
  report({ name, ...figures, ratio: ratioOf(figures) }, benchmark.title);
}

async function profile(file: string, benchmark: Benchmark): Promise<void> {
  if (!benchmark.profile) {
    console.error('This benchmark has no profile.');
    process.exit(1);
  }
  for (const { ms, draws, key } of await profileInPage(values.device, file)) {
    console.log(`${ms.toFixed(2).padStart(8)} ms ${draws.toFixed(0).padStart(3)} ${key}`);
  }
}

/** The medians of what fresh pages measure, some of them one side only. */
async function inPages(file: string, pages = 1): Promise<Partial<Figures>> {
  const runs: Partial<Figures>[] = [];
  for (let page = 0; page < pages; page++) runs.push(await runInPage(values.device, file, page));
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run)))] as (keyof Figures)[];
  return Object.fromEntries(
    keys.map((key) => [key, median(runs.flatMap((run) => (run[key] === undefined ? [] : [run[key]])))]),
  );
}

function ratioOf({ ours_ms, peer_ms, ours_bytes, peer_bytes }: Partial<Figures>): number {
  return ours_ms === undefined ? peer_bytes! / ours_bytes! : peer_ms! / ours_ms;
}

function report(row: Row, title: string): void {
  if (values.json) {
    console.log(JSON.stringify(row));
    return;
  }
  console.log(title);
  const text = (key: keyof Figures, figure: number) =>
    key.endsWith('_ms')
      ? `${figure.toFixed(1)} ms`
      : key.endsWith('_bytes')
        ? `${(figure / 2 ** 20).toFixed(1)} MB`
        : figure;
  const { name: _, ratio, ...figures } = row;
  const parts = Object.entries(figures).map(
    ([key, figure]) => `${key.replaceAll('_', ' ')} ${text(key as keyof Figures, figure)}`,
  );
  console.log(`  ${parts.join(', ')}, ratio ${ratio.toFixed(2)}`);
}
