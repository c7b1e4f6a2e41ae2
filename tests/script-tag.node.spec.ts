// Opens the built files of a script tag in Chromium, as any web server sends them. Needs a build; `npm run test:packages`.
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';

const REPOSITORY = path.resolve(import.meta.dirname, '..');
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const WAIT_MS = 60_000;

/** A page of the server that no file stands for. */
interface MadePage {
  html: string;
  headers?: Record<string, string>;
}

const SCRIPT = '<link rel="icon" href="data:," /><script src="/packages/tessera/dist/tessera-nn.min.js"></script>';
const START = 'window.done = tessera.startBackend().then(() => tessera.backendChoice());';
const pages: Record<string, MadePage> = {
  '/classic': { html: `${SCRIPT}<script>${START}</script>` },
  '/module': {
    html: `<link rel="icon" href="data:," /><script type="module">
      import * as tessera from '/packages/tessera/dist/tessera-nn.esm.min.js';
      window.tessera = tessera;
      ${START}
    </script>`,
  },
  '/strict': {
    html: `${SCRIPT}<script src="/start.js"></script>`,
    headers: { 'content-security-policy': "default-src 'self'" },
  },
};

describe('tessera-nn by a script tag', function () {
  this.timeout(WAIT_MS + 20_000);
  let server: http.Server;
  let browser: Browser;
  let page: Page;
  let asked: string[] = [];
  let said: string[] = [];
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  before(async () => {
    server = http.createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      const file = path.join(REPOSITORY, pathname);
      const made = pages[pathname];
      const known = made ?? (pathname === '/start.js' || existsSync(file));
      const type = made ? TYPES['.html'] : TYPES[path.extname(pathname)];
      response.writeHead(known ? 200 : 404, { 'content-type': type ?? 'text/plain', ...made?.headers });
      response.end(made?.html ?? (pathname === '/start.js' ? START : known ? readFileSync(file) : 'not found'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const script = new URL('../scripts/chromium.mjs', import.meta.url).href;
    const { launchChromium } = (await import(script)) as { launchChromium: () => Promise<Browser> };
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    server?.close();
  });

  beforeEach(async () => {
    [asked, said] = [[], []];
    page = await browser.newPage();
    page.setDefaultTimeout(WAIT_MS);
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  });

  afterEach(() => page.close());

  it('trains in the example, and asks nobody else', async () => {
    await page.goto(`${origin()}/examples/script-tag.html`);
    await page.waitForFunction(() => /Learned|BackendError/.test(document.querySelector('#status')!.textContent));
    expect(await page.textContent('#status')).to.equal('Learned in 200 steps on wasm.');
    const answers = await page.locator('#answers td:last-child').allTextContents();
    expect(answers.map((text) => Math.abs(Math.round(Number(text))))).to.deep.equal([0, 1, 1, 0]);
    expect(asked.filter((url) => !url.startsWith(origin()) && !url.startsWith('data:'))).to.deep.equal([]);
    expect(said.filter((line) => line.startsWith('error'))).to.deep.equal([]);
  });

  for (const form of ['classic', 'module']) {
    it(`finds its .wasm beside a ${form} script, and says why it does not draw on the processor`, async () => {
      const { backend, passedOver } = await choiceOn(`/${form}`);
      expect(backend).to.equal('wasm');
      expect(passedOver.map((other) => other.backend)).to.deep.equal(['webgl']);
      expect(passedOver[0]!.why).to.match(/no graphics card draws here, but .*SwiftShader/);
      expect(wasmAsked()).to.deep.equal([`${origin()}/packages/tessera/dist/tfjs-backend-wasm-simd.wasm`]);
      expect(said).to.deep.equal([`warning: Tessera computes on wasm, not on webgl: ${passedOver[0]!.why}`]);
    });
  }

  it('draws on a graphics card, and loads no byte of WebAssembly then', async () => {
    await page.addInitScript(() => {
      const UNMASKED_RENDERER = 0x9246;
      const { prototype } = WebGL2RenderingContext;
      const ask = Object.getOwnPropertyDescriptor(prototype, 'getParameter')!.value as (name: number) => unknown;
      prototype.getParameter = function (name) {
        return name === UNMASKED_RENDERER ? 'ANGLE (A graphics card)' : ask.call(this, name);
      };
    });
    expect(await choiceOn('/classic')).to.deep.equal({ backend: 'webgl', passedOver: [] });
    expect(wasmAsked()).to.deep.equal([]);
    expect(said).to.deep.equal([]);
  });

  it('draws on the processor where the .wasm files are missing', async () => {
    await page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: 'not found' }));
    const { backend, passedOver } = await choiceOn('/classic');
    expect(backend).to.equal('webgl');
    expect(passedOver.at(-1)!.why).to.match(/The server does not send .*404.*pass their folder as wasmPath/);
  });

  it('computes in plain JavaScript where there is no WebGL and a policy forbids WebAssembly, and says so', async () => {
    await page.addInitScript(() => {
      OffscreenCanvas.prototype.getContext = () => null;
    });
    const { backend, passedOver } = await choiceOn('/strict');
    expect(backend).to.equal('cpu');
    expect(passedOver.map((other) => other.backend)).to.deep.equal(['webgl', 'wasm']);
    expect(passedOver[1]!.why).to.contain("script-src 'wasm-unsafe-eval'");
    const warnings = said.filter((line) => line.startsWith('warning: Tessera'));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain('Tessera computes on cpu, not on webgl: there is no WebGL 2; not on wasm: ');
  });

  const wasmAsked = () => asked.filter((url) => url.endsWith('.wasm'));

  async function choiceOn(place: string): Promise<{ backend: string; passedOver: { backend: string; why: string }[] }> {
    await page.goto(origin() + place);
    await page.waitForFunction(() => 'done' in window);
    return page.evaluate(() => (window as unknown as { done: Promise<never> }).done);
  }
});
