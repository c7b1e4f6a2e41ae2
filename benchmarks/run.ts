// npm run bench                      the names
// npm run bench -- NAME [NAME ...]   a table
// npm run bench -- NAME --json       one JSON object a row
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { nearestName } from 'tessera';
import { runInPage } from './in-page.js';
import { median, Unavailable, type Benchmark, type Row } from './row.js';

const folder = path.join(import.meta.dirname, 'rows');
const names = readdirSync(folder)
  .map((file) => path.basename(file, '.ts'))
  .sort();

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
if (positionals.length === 0) console.log(`npm run bench -- NAME [--json]\n\n${names.join('\n')}`);
for (const name of positionals) {
  if (!names.includes(name)) {
    const near = nearestName(name, names);
    console.error(`There is no benchmark "${name}".${near ? ` Did you mean "${near}"?` : ''}\n\n${names.join('\n')}`);
    process.exit(1);
  }
  const file = path.join(folder, `${name}.ts`);
  const { benchmark } = (await import(pathToFileURL(file).href)) as { benchmark: Benchmark };
  let figures: Omit<Row, 'name'>;
  try {
    figures = benchmark.where === 'page' ? await inPages(file, benchmark.pages) : await benchmark.run();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exit(1);
  }
  report({ name, ...figures }, benchmark.title);
}

async function inPages(file: string, pages = 1): Promise<Omit<Row, 'name'>> {
  const runs = [];
  for (let i = 0; i < pages; i++) runs.push(await runInPage(file));
  if (pages === 1) return runs[0]!;
  const [ours_ms, peer_ms] = [median(runs.map((run) => run.ours_ms)), median(runs.map((run) => run.peer_ms))];
  return { ...runs[0]!, ours_ms, peer_ms, ratio: peer_ms / ours_ms };
}

function report(row: Row, title: string): void {
  if (values.json) {
    console.log(JSON.stringify(row));
    return;
  }
  console.log(title);
  console.log(
    `  ours ${row.ours_ms.toFixed(1)} ms, peer ${row.peer_ms.toFixed(1)} ms, ` +
      `ratio ${row.ratio.toFixed(2)}, ${row.launches} launches`,
  );
}
