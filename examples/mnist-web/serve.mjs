// Bundles and serves the page on this machine alone.
//   node serve.mjs --port 8080 --data path/to/mnist
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine, readIfThere, servePage } from '../page/serve.mjs';
import { page } from './files.mjs';

const HELP = `Usage: npm start -w @tessera-nn/example-mnist-web -- [options]
  --port NUMBER   where to serve; default 8080, 0 for any free one
  --data FOLDER   offer real digits too: a folder with the four files of MNIST, each with or without .gz`;

const MNIST_FILE = /^(train|t10k)-(images-idx3|labels-idx1)-ubyte(\.gz)?$/;

const options = readCommandLine({
  help: HELP,
  options: { data: { type: 'string' } },
  read({ data }) {
    // npm runs this in the example's folder; a path is meant from where the user is.
    const folder = data && path.resolve(process.env.INIT_CWD ?? '.', data);
    if (folder && !(existsSync(folder) && readdirSync(folder).some((name) => MNIST_FILE.test(name)))) {
      throw new Error(`--data: there are no files of MNIST in ${folder}, such as train-images-idx3-ubyte.gz`);
    }
    return { data: folder };
  },
});
if (options) await serve(options);

async function serve({ port, data }) {
  await servePage(page, {
    port,
    query: data ? '?data=mnist' : '',
    htmlFrom: (html) =>
      html.replace('name="mnist-url" content=""', `name="mnist-url" content="${data ? 'data/' : ''}"`),
    contentOf(pathname) {
      const name = path.posix.basename(pathname);
      if (pathname !== `/data/${name}` || !data || !MNIST_FILE.test(name)) return undefined;
      return readIfThere(path.join(data, name));
    },
  });
}
