// Opens the built site in Chromium: its pages ask nothing of other hosts, report no errors, fit a phone, the plot of an
// activation answers to its slider, and the playground makes a step.
import assert from 'node:assert/strict';
import { serve } from 'vitepress';
import { launchChromium } from '../scripts/chromium.mjs';

const PORT = 43117;
const HOST = `http://localhost:${PORT}`;
const PHONE = { width: 390, height: 844 };
const PAGES = [
  '/',
  '/getting-started',
  '/catalogue',
  '/activations/hardSwish',
  '/activations/leakyRelu',
  '/ru/prelu',
  '/zh/module',
];

await serve({ root: import.meta.dirname, port: PORT });
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: PHONE });
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(`${page.url()}: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on(
    'request',
    (request) =>
      /^(data|blob):/.test(request.url()) || request.url().startsWith(HOST) || faults.push(`asks for ${request.url()}`),
  );
  for (const path of PAGES) {
    await page.goto(HOST + path);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (beyond > 0) faults.push(`${path} is ${beyond} pixels wider than a phone`);
  }

  const plot = page.locator('.activation-plot');
  await page.goto(`${HOST}/activations/leakyRelu`);
  const slider = plot.getByRole('slider', { name: 'slope' });
  await plot.getByRole('img', { name: 'Activation(leakyRelu, slope=0.01)' }).waitFor();
  await slider.fill('0.5');
  await plot.getByRole('img', { name: 'Activation(leakyRelu, slope=0.5)' }).waitFor();

  await page.goto(`${HOST}/activations/softShrink`);
  await plot.getByRole('img', { name: 'Activation(softShrink, lambda=0.5)' }).waitFor();
  await plot.getByRole('slider').fill('-1');
  await plot.getByRole('status').getByText('lambda >= 0').waitFor();

  await page.goto(`${HOST}/playground/`);
  await page.getByLabel('Backend').selectOption('wasm');
  await page.getByRole('button', { name: 'One step' }).click();
  await page.locator('#step').getByText('1 of').waitFor();
  assert.deepEqual(faults, []);
} finally {
  await browser.close();
}
process.exit(0); // the server would wait for ever
