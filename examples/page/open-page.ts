// How specs open the page of an example.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Browser } from 'playwright-core';

/** Starts an example as a reader does. */
export function startServer(example: string): Promise<{ url: string; end: () => void }> {
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
export async function launch(): Promise<Browser> {
  const script = new URL('../../scripts/chromium.mjs', import.meta.url).href;
  const { launchChromium } = (await import(script)) as { launchChromium: () => Promise<Browser> };
  return launchChromium();
}
