// Runs specs in a page of a browser and prints what mocha reports from it.
import { visit } from './visit.mjs';

const GREEN = '\x1b[32m✔\x1b[0m';
const RED = '\x1b[31m✖\x1b[0m';
const SLOW_MS = 75;

/**
 * @param {object} engine one of engines/
 * @param {{ urls: string[], files: Map<string, Uint8Array>, toSources: (stack: string) => string }} bundles
 * @param {{ query: string, mochaOptions: object, limitSeconds: number }} run
 * @param {{ headed?: boolean, collect?: Function }} options for the engine
 * @returns {Promise<{ passed: number, failed: number, pending: number }>}
 */
export async function runSpecs(engine, { urls, files, toSources }, { query, mochaOptions, limitSeconds }, options) {
  const counts = { passed: 0, failed: 0, pending: 0 };
  let current = 'loading the specs';
  const fail = (title, details) => {
    counts.failed++;
    console.log(`${RED} ${title}\n${toSources(details)}`);
  };
  const on = {
    start: ({ renderer }) => console.log(`${engine.title}: ${renderer}`),
    suite: ({ title, depth }) => title && console.log(`${'  '.repeat(depth)}${title}`),
    test: ({ title }) => void (current = title),
    pass: ({ title, depth, duration }) => {
      counts.passed++;
      console.log(`${'  '.repeat(depth)}${GREEN} ${title}${duration > SLOW_MS ? ` (${duration} ms)` : ''}`);
    },
    pending: ({ title, depth }) => {
      counts.pending++;
      console.log(`${'  '.repeat(depth)}- ${title}`);
    },
    fail: ({ title, stack }) => fail(title, stack),
    console: ({ type, text }) => console.log(`[${type}]`, toSources(text)),
    end: () => true,
  };
  const page = pageOf({ specs: urls, mochaOptions });
  const trouble = await visit(
    engine,
    { page, files, query, limitSeconds },
    (message) => on[message.event](message),
    options,
  );
  if (trouble) fail('the run was cut short', `${trouble}, in: ${current}`);
  return counts;
}

const pageOf = (config) => `<!doctype html>
<meta charset="utf-8">
<body>
<div id="mocha"></div>
<script id="config" type="application/json">${JSON.stringify(config).replaceAll('<', '\\u003c')}</script>
<script src="/mocha.js"></script>
<script type="module" src="/page.js"></script>
`;
