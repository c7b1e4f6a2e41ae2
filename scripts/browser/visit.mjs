// Opens a page in a browser and listens to it, until it is through or cannot be any more.
import { serve } from './serve.mjs';

/** A page that says nothing for so long after it was opened will not begin. */
const START_SECONDS = 120;

/**
 * @param {object} engine one of engines/
 * @param {{ page: string, files: Map<string, string | Uint8Array>, query?: string, limitSeconds: number }} visit
 * @param {(message: object) => unknown} hear gets what the page reports; true ends the visit
 * @param {object} options for the engine
 * @returns {Promise<string | undefined>} why the visit ended otherwise
 */
export async function visit(engine, { page, files, query = '', limitSeconds }, hear, options = {}) {
  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  const after = (seconds, text) => setTimeout(() => finish(`${text} after ${seconds} s`), seconds * 1000);
  const start = after(Math.min(START_SECONDS, limitSeconds), 'the page did not begin');
  const limit = after(limitSeconds, 'no end');
  const server = await serve({
    page,
    files,
    hear: (message) => {
      clearTimeout(start);
      if (hear(message) === true) finish();
    },
  });
  let browser;
  try {
    browser = await engine.open(`${server.origin}/${query}`, options);
    void browser.ended.then(finish);
    const trouble = await finished;
    if (!trouble) await browser.collected?.();
    return trouble;
  } finally {
    clearTimeout(start);
    clearTimeout(limit);
    await browser?.close();
    server.close();
  }
}
