// Finds the spec files: one list for Node and for the browser, so that no spec can be forgotten in one of them.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const FOLDERS = ['packages', 'examples', 'tests', 'docs'];
const NOT_OURS = /(^|\/)(node_modules|dist)\//;

/** The specs of what was built, so they run as a stage of their own (`npm run test:packages`) behind the build. */
export const PACKAGING_SPEC = 'tests/(packages|script-tag).node.spec.ts';

/** Folders of packages in which somebody wrote a shader. */
export function shaderFolders() {
  const files = readdirSync('packages', { recursive: true }).map((file) => file.replaceAll(path.sep, '/'));
  const shaders = files.filter((file) => file.endsWith('.webgl.ts') && !NOT_OURS.test(`/${file}`));
  return [...new Set(shaders.map((file) => path.posix.dirname(file)))].sort();
}

/** @param {{ nodeOnly: boolean, only?: string }} options whether `*.node.spec.ts` count, and a regular expression */
export function specFiles({ nodeOnly, only = '' }) {
  return FOLDERS.filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true }).map((file) => `${folder}/${file.replaceAll(path.sep, '/')}`),
    )
    .filter((file) => file.endsWith('.spec.ts') && !NOT_OURS.test(file))
    .filter((file) => nodeOnly || !file.endsWith('.node.spec.ts'))
    .filter((file) => only === PACKAGING_SPEC || !new RegExp(PACKAGING_SPEC).test(file))
    .filter((file) => new RegExp(only).test(file))
    .sort();
}
