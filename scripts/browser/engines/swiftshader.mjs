// Chromium without a window, which draws with SwiftShader: it is there after `npm ci` on Linux x64.
import { launchChromium } from '../../chromium.mjs';

export const swiftshader = {
  title: 'Chromium on SwiftShader',
  missing: () => undefined,
  /** `collect(page)` starts something in the page before it opens; what it returns ends that. */
  async open(url, { headed = false, collect } = {}) {
    const browser = await launchChromium({ headless: !headed });
    const page = await browser.newPage();
    const ended = new Promise((resolve) => {
      page.on('crash', () => resolve('the page crashed'));
      browser.on('disconnected', () => resolve('the browser ended'));
    });
    const collected = await collect?.(page);
    await page.goto(url, { waitUntil: 'commit' });
    return { ended, collected, close: () => browser.close() };
  },
};
