import { build } from 'esbuild';
import { engineOf } from '../scripts/browser/engines/index.mjs';
import { visit } from '../scripts/browser/visit.mjs';
import type { Figures } from './row.js';

const LIMIT_SECONDS = 600;

/** Runs a benchmark's file in a page of a browser and returns what it measured. */
export const runInPage = (device: string, file: string, index = 0): Promise<Partial<Figures>> =>
  inPage(device, file, `run(${index})`);

/** Where the time of a benchmark's step goes, as a table. */
export const profileInPage = (device: string, file: string): Promise<string> => inPage(device, file, 'profile()');

async function inPage<Result>(device: string, file: string, call: string): Promise<Result> {
  const {
    outputFiles: [script],
  } = await build({
    stdin: {
      contents: `export { benchmark } from ${JSON.stringify(file)};`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    write: false,
    outfile: 'benchmark.js',
    conditions: ['tessera-source'],
    mainFields: ['browser', 'module', 'main'],
    external: ['node:*'],
    logLevel: 'warning',
  });
  const page = `<!doctype html><script type="module">
import { report, stackOf } from '/report.js';
try {
  const { benchmark } = await import('/benchmark.js');
  report('start');
  report('result', { result: await benchmark.${call} });
} catch (error) {
  report('error', { stack: stackOf(error) });
}
</script>`;
  const outcome: { result?: Result; stack?: string } = {};
  const site = { page, files: new Map([['/benchmark.js', script!.contents]]), limitSeconds: LIMIT_SECONDS };
  const trouble = await visit(engineOf(device), site, ({ event, ...details }) => {
    if (event === 'console') console.error(details.text);
    if (event !== 'result' && event !== 'error') return false;
    Object.assign(outcome, details);
    return true;
  });
  if (outcome.result === undefined) throw new Error(outcome.stack ?? trouble);
  return outcome.result;
}
