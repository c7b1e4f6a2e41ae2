// Serves the test page: the bundles from memory, mocha, and the wasm files of tfjs under /wasm/.
import { readFileSync, existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const WASM_FOLDER = path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
const MOCHA = path.join(path.dirname(require.resolve('mocha/package.json')), 'mocha.js');
const ORIGIN = 'http://localhost';
const PAGE_SCRIPT = path.join(import.meta.dirname, 'page.js');

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

/** @returns {Promise<{ origin: string, close: () => void }>} */
export async function serve({ files, urls, mochaOptions }) {
  const page = pageOf({ specs: urls, mochaOptions });
  const server = http.createServer((request, response) => {
    const pathname = pathOf(request.url);
    if (pathname === undefined) return void response.writeHead(400).end();
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

function contentOf(pathname, files) {
  if (pathname === '/mocha.js') return readFileSync(MOCHA);
  if (pathname === '/page.js') return readFileSync(PAGE_SCRIPT);
  if (!pathname.startsWith('/wasm/')) return files.get(pathname);
  const file = path.join(WASM_FOLDER, path.basename(pathname));
  return file.endsWith('.wasm') && existsSync(file) ? readFileSync(file) : undefined;
}

/** Undefined where the target of a request is no address, as `//`. */
function pathOf(target) {
  return URL.canParse(target, ORIGIN) ? new URL(target, ORIGIN).pathname : undefined;
}

const pageOf = (config) => `<!doctype html>
<meta charset="utf-8">
<body>
<div id="mocha"></div>
<script id="config" type="application/json">${JSON.stringify(config).replaceAll('<', '\\u003c')}</script>
<script src="/mocha.js"></script>
<script type="module" src="/page.js"></script>
`;
