// npm run bench                      the names
// npm run bench -- NAME [NAME ...]   a table
// npm run bench -- NAME --json       one JSON object a row, with the machine
// npm run bench -- NAME --device D   what runs in a page, on swiftshader, mesa, firefox or webkit
// npm run bench -- NAME --profile    where the time of our step goes
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
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
  if (!values.json) console.log(benchmark.title);
  if (benchmark.cases) {
    for (const [i, one] of benchmark.cases.entries()) {
      const inPage = benchmark.where === 'page';
      await measured(`${name}, ${one}`, () => (inPage ? runInPage(values.device, file, i) : benchmark.run(i)));
    }
  } else {
    const inPage = benchmark.where === 'page';
    const found = await measured(name, () => (inPage ? inPages(file, benchmark.pages) : benchmark.run(0)));
    if (!found) process.exit(1);
  }
}

/** Reports what a run found; says what it lacks where it cannot. */
async function measured(name: string, run: () => Promise<Partial<Figures>>): Promise<boolean> {
  try {
    const figures = await run();
    report({ name, ...figures, ratio: ratioOf(figures) });
    return true;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    console.error(`${name}: ${(error as Error).message}`);
    return false;
  }
}

/** Out of a page an error comes as its text. */
function isUnavailable(error: unknown): boolean {
  return error instanceof Unavailable || /Unavailable/.test(String(error));
}

async function profile(file: string, benchmark: Benchmark): Promise<void> {
  if (!benchmark.profile) {
    console.error('This benchmark has no profile.');
    process.exit(1);
  }
  console.log(await (benchmark.where === 'page' ? profileInPage(values.device, file) : benchmark.profile()));
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

function report(row: Row): void {
  if (values.json) {
    console.log(JSON.stringify({ ...row, ...machine() }));
    return;
  }
  const text = (key: keyof Figures, figure: number) =>
    key.endsWith('_ms')
      ? `${figure.toFixed(1)} ms`
      : key.endsWith('_bytes')
        ? `${(figure / 2 ** 20).toFixed(1)} MB`
        : figure;
  const { name, ratio, ratio_low, ratio_high, ...figures } = row;
  const parts = Object.entries(figures).map(
    ([key, figure]) => `${key.replaceAll('_', ' ')} ${text(key as keyof Figures, figure)}`,
  );
  const range = ratio_low === undefined ? '' : ` (${ratio_low.toFixed(2)} to ${ratio_high!.toFixed(2)})`;
  console.log(`  ${name}: ${parts.join(', ')}, ratio ${ratio.toFixed(2)}${range}`);
}

/** What figures hold for. */
function machine() {
  const { device } = values;
  return { processor: cpus()[0]?.model ?? '', cores: availableParallelism(), node: process.version, device };
}
