// Bundles and serves the page on this machine alone.
//   node serve.mjs --port 8080
import { readCommandLine, servePage } from '../page/serve.mjs';
import { page } from './files.mjs';

const HELP = `Usage: npm start -w @tessera-nn/example-playground -- [options]
  --port NUMBER   where to serve; default 8080, 0 for any free one`;

const options = readCommandLine({ help: HELP });
if (options) await servePage(page, options);
