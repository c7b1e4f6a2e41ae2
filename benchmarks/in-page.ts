import { build } from 'esbuild';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { launchChromium } from '../scripts/chromium.mjs';
import type { DrawTime, Figures } from './row.js';

/** Runs a benchmark's file in a page of headless Chromium and gives what it measured. */
export const runInPage = (file: string, index = 0): Promise<Partial<Figures>> => inPage(file, `run(${index})`);

/** What the draws of a benchmark's step cost. */
export const profileInPage = (file: string): Promise<DrawTime[]> => inPage(file, 'profile()');

async function inPage<Result>(file: string, call: string): Promise<Result> {
  const {
    outputFiles: [script],
  } = await build({
    stdin: {
      contents: `import { benchmark } from ${JSON.stringify(file)}; globalThis.benchmark = benchmark;`,
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
  const server = http.createServer(({ url }, response) => {
    if (url === '/benchmark.js') response.setHeader('content-type', 'text/javascript').end(script!.contents);
    else response.setHeader('content-type', 'text/html').end('<script type=module src=/benchmark.js></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.benchmark');
    return await page.evaluate(`globalThis.benchmark.${call}`);
  } finally {
    await browser.close();
    server.close();
  }
}
