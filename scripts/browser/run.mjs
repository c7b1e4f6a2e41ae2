// Opens the test page in Chromium and prints what mocha reports from it.
import { launchChromium } from '../chromium.mjs';

const GREEN = '\x1b[32m✔\x1b[0m';
const RED = '\x1b[31m✖\x1b[0m';
const SLOW_MS = 75;

/**
 * @param {{ url: string, toSources: (stack: string) => string, headed: boolean, limitSeconds: number, collect?: Function }} options
 *   `collect(page)` starts coverage and returns what ends it
 * @returns {Promise<{ passed: number, failed: number, pending: number }>}
 */
export async function runPage({ url, toSources, headed, limitSeconds, collect }) {
  const counts = { passed: 0, failed: 0, pending: 0 };
  let current = 'loading the specs';
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const fail = (title, details) => {
    counts.failed++;
    console.log(`${RED} ${title}\n${toSources(details)}`);
  };

  const browser = await launchChromium({ headless: !headed });
  const page = await browser.newPage();
  const on = {
    suite: ({ title, depth }) => title && console.log(`${'  '.repeat(depth)}${title}`),
    test: ({ title }) => (current = title),
    pass: ({ title, depth, duration }) => {
      counts.passed++;
      console.log(`${'  '.repeat(depth)}${GREEN} ${title}${duration > SLOW_MS ? ` (${duration} ms)` : ''}`);
    },
    pending: ({ title, depth }) => {
      counts.pending++;
      console.log(`${'  '.repeat(depth)}- ${title}`);
    },
    fail: ({ title, stack }) => fail(title, stack),
    end: () => finish(),
  };
  await page.exposeFunction('tesseraReport', (json) => {
    const message = JSON.parse(json);
    on[message.event](message);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) console.log(`[${message.type()}]`, toSources(message.text()));
  });
  // While mocha runs it reports uncaught errors itself, as the failure of a test.
  page.on(
    'pageerror',
    (error) => current === 'loading the specs' && fail('uncaught error', error.stack ?? error.message),
  );
  page.on('crash', () => finish(`the page crashed in: ${current}`));
  browser.on('disconnected', () => finish(`the browser ended in: ${current}`));
  const timer = setTimeout(() => finish(`no end after ${limitSeconds} s, stopped in: ${current}`), limitSeconds * 1000);

  const collected = await collect?.(page);
  page.goto(url).catch((error) => finish(`the page did not open: ${error.message}`));
  const trouble = await finished;
  clearTimeout(timer);
  if (trouble) fail('the run was cut short', trouble);
  else await collected?.();
  await browser.close();
  return counts;
}
