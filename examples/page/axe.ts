import type { AxeResults, RunOptions } from 'axe-core';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/** In the page. */
declare const axe: { run(options: RunOptions): Promise<AxeResults> };

const SCRIPT = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const THEMES = ['light', 'dark'] as const;
/** Another theme changes the colours alone. */
const RULES: Readonly<Record<(typeof THEMES)[number], RunOptions>> = {
  light: { resultTypes: ['violations'] },
  dark: { resultTypes: ['violations'], runOnly: ['color-contrast'] },
};
/** Of a phone, a tablet and a desk. */
const WIDTHS = [390, 768, 1440];

/** What axe finds wrong with a page as it is, in both themes and three widths; and where it is wider than its window. */
export async function barriersIn(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.addScriptTag({ path: SCRIPT });
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const { violations } = await page.evaluate((options) => axe.run(options), RULES[colorScheme]);
      for (const { id, nodes } of violations) {
        found.push(`${colorScheme}, ${width}: ${id} at ${nodes.map(({ target }) => String(target)).join(' and ')}`);
      }
    }
  }
  return [...found, ...(await overflowOf(page))];
}

/** The narrowest that a page must do with, by WCAG 1.4.10. */
const NARROWEST = 320;

async function overflowOf(page: Page): Promise<string[]> {
  await page.setViewportSize({ width: NARROWEST, height: 900 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  return width > NARROWEST ? [`${NARROWEST}: the page is ${width} wide`] : [];
}
