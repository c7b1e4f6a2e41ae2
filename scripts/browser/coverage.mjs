// Writes Chromium's V8 coverage in the shape NODE_V8_COVERAGE has, with the bundles it refers to, so that c8 merges both.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUNDLE_FOLDER } from './bundle.mjs';

/** Starts coverage in `page`; the function returned ends it and writes into `folder`. */
export async function collectCoverage(page, folder) {
  await page.coverage.startJSCoverage({ resetOnNavigation: false });
  return async () => {
    const scripts = await page.coverage.stopJSCoverage();
    rmSync(BUNDLE_FOLDER, { recursive: true, force: true });
    const result = scripts
      .filter(({ url }) => new URL(url).pathname.startsWith('/s/'))
      .map(({ url, source, scriptId, functions }) => {
        const file = path.join(BUNDLE_FOLDER, new URL(url).pathname.slice('/s/'.length));
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, source);
        return { url: pathToFileURL(file).href, scriptId: scriptId ?? '0', functions };
      });
    mkdirSync(folder, { recursive: true });
    const report = JSON.stringify({ result, 'source-map-cache': {} });
    writeFileSync(path.join(folder, `browser-${process.pid}.json`), report);
  };
}
