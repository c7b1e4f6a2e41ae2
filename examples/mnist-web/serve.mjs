// Bundles and serves the page on this machine alone.
//   node serve.mjs --port 8080 --data path/to/mnist
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundler } from './bundle.mjs';

const HELP = `Usage: npm start -w @tessera-nn/example-mnist-web -- [options]
  --port NUMBER   where to serve; default 8080, 0 for any free one
  --data FOLDER   offer real digits too: a folder with the four files of MNIST, each with or without .gz`;

const OPTIONS = { port: { type: 'string', default: '8080' }, data: { type: 'string' }, help: { type: 'boolean' } };

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
const MNIST_FILE = /^(train|t10k)-(images-idx3|labels-idx1)-ubyte(\.gz)?$/;
const WASM_FOLDER = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

const options = readOptions();
if (options) await serve(options);

function readOptions() {
  try {
    const swallowed = Object.keys(OPTIONS).find((name) => `npm_config_${name}` in process.env);
    if (swallowed) throw new Error(`npm kept --${swallowed} to itself; put a -- before the options`);
    const { values } = parseArgs({ options: OPTIONS });
    if (values.help) return void console.log(HELP);
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port is not a port: ${values.port}`);
    // npm runs this in the example's folder; a path is meant from where the user is.
    const data = values.data && path.resolve(process.env.INIT_CWD ?? '.', values.data);
    if (data && !(existsSync(data) && readdirSync(data).some((name) => MNIST_FILE.test(name)))) {
      throw new Error(`--data: there are no files of MNIST in ${data}, such as train-images-idx3-ubyte.gz`);
    }
    return { port, data };
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exitCode = 1;
  }
}

async function serve({ port, data }) {
  const bundle = await bundler();
  let assets = await bundle.files(); // now, so that a broken bundle shows before the page is opened

  const server = http.createServer(async (request, response) => {
    const pathname = pathOf(request.url);
    if (pathname === undefined) return void response.writeHead(400, HEADERS).end('no path');
    try {
      if (pathname === '/') assets = await bundle.files();
      const body = await contentOf(pathname);
      if (body === undefined) return void response.writeHead(404, HEADERS).end('not found');
      const type = TYPES[pathname === '/' ? '.html' : path.extname(pathname)] ?? 'application/octet-stream';
      response.writeHead(200, { 'content-type': type, ...HEADERS }).end(body);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain', ...HEADERS }).end(error.message);
    }
  });

  async function contentOf(pathname) {
    const name = path.posix.basename(pathname);
    if (pathname === '/') return pageWith(data === undefined ? '' : 'data/');
    if (pathname === `/wasm/${name}` && name.endsWith('.wasm')) return readIfThere(path.join(WASM_FOLDER, name));
    if (pathname === `/data/${name}` && data && MNIST_FILE.test(name)) return readIfThere(path.join(data, name));
    return assets.get(pathname);
  }

  server.on('error', async (error) => {
    const used = error.code === 'EADDRINUSE';
    console.error(used ? `Port ${port} is in use. Choose another with --port, or any free one with --port 0.` : error);
    process.exitCode = 1;
    await bundle.close();
  });
  server.listen(port, '127.0.0.1', () => {
    console.log(`Open http://127.0.0.1:${server.address().port}/${data ? '?data=mnist' : ''}  (Ctrl+C ends)`);
  });
}

async function pageWith(mnistUrl) {
  const html = await readFile(path.join(import.meta.dirname, 'index.html'), 'utf8');
  return html.replace('name="mnist-url" content=""', `name="mnist-url" content="${mnistUrl}"`);
}

/** Undefined where the target of a request is not an address, as `//`. */
function pathOf(target) {
  return URL.canParse(target, ORIGIN) ? new URL(target, ORIGIN).pathname : undefined;
}

async function readIfThere(file) {
  return existsSync(file) ? readFile(file) : undefined;
}
