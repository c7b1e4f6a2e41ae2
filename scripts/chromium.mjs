// Where the browser comes from: $CHROMIUM, the system's, or the one npm ci brought. Run as a program, it starts that
// browser once and exits with 1 if it will not start.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

// SwiftShader draws WebGL on the CPU, so that every machine computes the same; leak tests call globalThis.gc.
const FLAGS = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--js-flags=--expose-gc',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const SYSTEM_BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
];

/** Starts the browser. BROWSER_FROM=npm passes over $CHROMIUM and the system's. */
export async function launchChromium(options = {}) {
  return chromium.launch({ ...(await findChromium()), args: FLAGS, ...options });
}

async function findChromium() {
  if (process.env.BROWSER_FROM !== 'npm') {
    if (process.env.CHROMIUM) return { executablePath: process.env.CHROMIUM };
    const system = SYSTEM_BROWSERS.find((file) => existsSync(file));
    if (system) return { executablePath: system };
  }
  return unpackChromium();
}

async function unpackChromium() {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const { version } = JSON.parse(readFileSync(path.join(path.dirname(entry), '../../package.json'), 'utf8'));
  // The package unpacks into os.tmpdir() and reuses any file of the name 'chromium' there, of any version.
  const folder = path.resolve('node_modules/.cache', `chromium-${version}`);
  mkdirSync(folder, { recursive: true });

  const before = { ...process.env };
  // It unpacks the libraries a bare system lacks (NSS, NSPR, expat) only where it believes to be on AWS Lambda.
  Object.assign(process.env, { TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' });
  const { default: packed } = await import('@sparticuz/chromium');
  const executablePath = await packed.executablePath();
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);

  const libraries = [path.join(folder, 'al2023/lib'), before.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const env = { ...before, LD_LIBRARY_PATH: libraries };
  if (!before.FONTCONFIG_PATH && !existsSync('/etc/fonts/fonts.conf')) env.FONTCONFIG_PATH = path.join(folder, 'fonts');
  return { executablePath, env };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const browser = await launchChromium();
    console.log(`Chromium ${browser.version()} starts`);
    await browser.close();
  } catch (error) {
    console.error(`Chromium does not start: ${error.message}`);
    process.exitCode = 1;
  }
}
