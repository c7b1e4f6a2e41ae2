// Serves a page with its files from memory, mocha, and the wasm files of tfjs under /wasm/; takes what the page reports.
import { readFileSync, existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const WASM_FOLDER = path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
const MOCHA = path.join(path.dirname(require.resolve('mocha/package.json')), 'mocha.js');
const ORIGIN = 'http://localhost';
const SCRIPTS = ['/page.js', '/report.js'];

const TYPES = {
  '.js': 'text/javascript',
  '.map': 'application/json',
  '.wasm': 'application/wasm',
};

// SharedArrayBuffer, and with it the threads of tfjs-backend-wasm, exist only in isolated pages.
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/**
 * @param {{ page: string, files: Map<string, string | Uint8Array>, hear?: (message: object) => void }} site `hear` gets
 *   what report.js sends, in the order in which it was sent
 * @returns {Promise<{ origin: string, close: () => void }>}
 */
export async function serve({ page, files, hear = () => undefined }) {
  const reports = inOrder(hear);
  const server = http.createServer((request, response) => {
    const pathname = pathOf(request.url);
    if (pathname === undefined) return void response.writeHead(400).end();
    if (request.method === 'POST') return void take(request, response, reports);
    const body = pathname === '/' ? page : contentOf(pathname, files);
    if (body === undefined) return void response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    const type = TYPES[path.extname(pathname)] ?? 'text/html';
    response.writeHead(200, { 'content-type': type, ...ISOLATION }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function take(request, response, hear) {
  let text = '';
  request.setEncoding('utf8').on('data', (part) => (text += part));
  request.on('end', () => {
    response.writeHead(204, ISOLATION).end();
    hear(JSON.parse(text));
  });
}

/** Requests of one page overtake each other. */
function inOrder(hear) {
  const early = new Map();
  let next = 0;
  return ({ number, ...message }) => {
    early.set(number, message);
    for (; early.has(next); next++) {
      const first = early.get(next);
      early.delete(next);
      hear(first);
    }
  };
}

function contentOf(pathname, files) {
  if (pathname === '/mocha.js') return readFileSync(MOCHA);
  if (SCRIPTS.includes(pathname)) return readFileSync(path.join(import.meta.dirname, pathname));
  if (!pathname.startsWith('/wasm/')) return files.get(pathname);
  const file = path.join(WASM_FOLDER, path.basename(pathname));
  return file.endsWith('.wasm') && existsSync(file) ? readFileSync(file) : undefined;
}

/** Undefined where the target of a request is not an address, as `//`. */
function pathOf(target) {
  return URL.canParse(target, ORIGIN) ? new URL(target, ORIGIN).pathname : undefined;
}
