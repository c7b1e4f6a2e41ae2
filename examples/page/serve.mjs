// Bundles and serves a page on this machine alone.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundler } from './bundle.mjs';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.map': 'application/json',
  '.wasm': 'application/wasm',
};

const HEADERS = {
  'cache-control': 'no-store',
  // SharedArrayBuffer, and with it the threads of tfjs-backend-wasm, exist only in isolated pages.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const ORIGIN = 'http://localhost';
const WASM_FOLDER = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

/** Options that every page has. */
const OPTIONS = { port: { type: 'string', default: '8080' }, help: { type: 'boolean' } };

/**
 * What the command line says; undefined where that was not to serve, which it has explained by then.
 *
 * @param {{ help: string, options?: object, read?: (values: object) => object }} command its own options, and what they
 *   become; it may throw.
 */
export function readCommandLine({ help, options = {}, read = () => ({}) }) {
  const all = { ...OPTIONS, ...options };
  try {
    const swallowed = Object.keys(all).find((name) => `npm_config_${name}` in process.env);
    if (swallowed) throw new Error(`npm kept --${swallowed} to itself; put a -- before the options`);
    const { values } = parseArgs({ options: all });
    if (values.help) return void console.log(help);
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port is not a port: ${values.port}`);
    return { port, ...read(values) };
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    process.exitCode = 1;
  }
}

/**
 * @param {{ folder: string, entryPoints: string[] }} page where it lies, and its files in there
 * @param {{ port: number, query?: string, htmlFrom?: (html: string) => string,
 *   contentOf?: (pathname: string) => Promise<Uint8Array> | undefined }} how where, what is put into the page, and what it
 *   finds beside its own files
 */
export async function servePage(page, { port, query = '', htmlFrom = (html) => html, contentOf = () => undefined }) {
  const bundle = await bundler(page);
  let assets = await bundle.files(); // now, so that a broken bundle shows before the page is opened

  const server = http.createServer(async (request, response) => {
    const pathname = pathOf(request.url);
    if (pathname === undefined) return void response.writeHead(400, HEADERS).end('no path');
    try {
      if (pathname === '/') assets = await bundle.files();
      const body = await bodyOf(pathname);
      if (body === undefined) return void response.writeHead(404, HEADERS).end('not found');
      const type = TYPES[pathname === '/' ? '.html' : path.extname(pathname)] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, ...HEADERS }).end(body);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain', ...HEADERS }).end(error.message);
    }
  });

  async function bodyOf(pathname) {
    const name = path.posix.basename(pathname);
    if (pathname === '/') return htmlFrom(await readFile(path.join(page.folder, 'index.html'), 'utf8'));
    if (pathname === `/wasm/${name}` && name.endsWith('.wasm')) return readIfThere(path.join(WASM_FOLDER, name));
    return (await contentOf(pathname)) ?? assets.get(pathname);
  }

  server.on('error', async (error) => {
    const used = error.code === 'EADDRINUSE';
    console.error(used ? `Port ${port} is in use. Choose another with --port, or any free one with --port 0.` : error);
    process.exitCode = 1;
    await bundle.close();
  });
  server.listen(port, '127.0.0.1', () => {
    console.log(`Open http://127.0.0.1:${server.address().port}/${query}  (Ctrl+C ends)`);
  });
}

/** Undefined where the target of a request is not an address, as `//`. */
function pathOf(target) {
  return URL.canParse(target, ORIGIN) ? new URL(target, ORIGIN).pathname : undefined;
}

/** @returns {Promise<Uint8Array> | undefined} */
export function readIfThere(file) {
  return existsSync(file) ? readFile(file) : undefined;
}
