// Writes the page into dist/, a folder that any web server can serve as it is, at any address.
import { buildPage } from '../page/build.mjs';
import { page } from './files.mjs';

await buildPage(page);
