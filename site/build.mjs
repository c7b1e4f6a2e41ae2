// Builds the site into site/dist: a folder of files that any server can serve, which asks nothing of other hosts.
//   node build.mjs            all of it
//   node build.mjs --pages    without the reference, which takes most of the time
import { build } from 'vitepress';
import './gather.mjs';

await build(import.meta.dirname);
