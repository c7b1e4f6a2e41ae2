// How specs open the page of an example.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

/** The page of an example, as a visitor has it. */
export interface Visit {
  readonly page: Page;
  readonly browser: Browser;
  readonly url: string;
  /** What the console was told as an error, what was thrown, and what other hosts were asked for. */
  readonly errors: readonly string[];
  /** A picture of the page, for a test that has failed. Returns its file. */
  picture(): Promise<string>;
  end(): Promise<void>;
}

/** Starts the server of an example as a reader does, and a browser with a page, which has loaded nothing yet. */
export async function visit(example: string, { width, timeout }: { width: number; timeout: number }): Promise<Visit> {
  const server = await startServer(example);
  const browser = await launch();
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.setDefaultTimeout(timeout);
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) errors.push(request.url());
  });
  await page.addInitScript('globalThis.__name = (named) => named'); // tsx puts calls of it into functions
  return {
    ...{ page, browser, errors, url: server.url },
    picture: async () => {
      const file = path.join(await mkdtemp(path.join(tmpdir(), 'tessera-')), 'page.png');
      await page.screenshot({ path: file, fullPage: true });
      return file;
    },
    end: async () => {
      await browser.close();
      server.end();
    },
  };
}

function startServer(example: string): Promise<{ url: string; end: () => void }> {
  const args = ['start', '--silent', '-w', `@tessera-nn/example-${example}`, '--', '--port', '0'];
  // In a process group of its own: npm does not hand a signal on to what it started.
  const child: ChildProcess = spawn('npm', args, { detached: true, env: { ...process.env, NODE_OPTIONS: '' } });
  let printed = '';
  return new Promise((resolve, reject) => {
    const read = (data: Buffer) => {
      printed += data.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(printed)?.[0];
      if (url) resolve({ url, end: () => process.kill(-child.pid!) });
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.on('error', reject);
    child.on('close', () => reject(new Error(`the server ended: ${printed}`)));
  });
}

/** A computed name: the script has no types. */
async function launch(): Promise<Browser> {
  const script = new URL('../../scripts/chromium.mjs', import.meta.url).href;
  const { launchChromium } = (await import(script)) as { launchChromium: () => Promise<Browser> };
  return launchChromium();
}
