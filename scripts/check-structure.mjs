// Rules of structure that neither the compiler nor the linters know. Prints every fault, with what to do about it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { allowed, layers, npmName } from './layers.mjs';
import { publicPackages, sharedFields } from './package-files.mjs';
import { specFiles } from './spec-files.mjs';

const MAX_LINES = 400;
const MAX_LINES_TO_READ = 600;
const FOLDER_PER_CLASS = ['modules', 'cost', 'optim'];

const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const listed = (items) => [...items].sort().join(', ') || 'none';
const packages = readdirSync('packages').filter((name) => existsSync(`packages/${name}/package.json`));
const sourcesOf = (name) =>
  readdirSync(`packages/${name}/src`, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `packages/${name}/src/${file.replaceAll(path.sep, '/')}`);

checkRoot();
checkReadingList();
pages().forEach(checkLinks);
packages.forEach(checkPackage);
publicPackages().forEach(checkShelf);
packages.flatMap(sourcesOf).forEach(checkSource);
specFiles({ nodeOnly: true }).forEach(checkSpec);
FOLDER_PER_CLASS.filter((name) => packages.includes(name)).forEach(checkFoldersHaveSpecs);

for (const line of faults) console.error(line);
console.log(faults.length ? `structure: ${faults.length} faults` : `structure: ${packages.length} packages, no fault`);
process.exitCode = faults.length ? 1 : 0;

function checkRoot() {
  if (!existsSync('LICENSE')) fault('LICENSE', 'is missing');
  const references = json('tsconfig.json').references.map(({ path: folder }) => path.basename(folder));
  for (const name of packages)
    if (!references.includes(name)) fault('tsconfig.json', `add { "path": "packages/${name}" } to "references"`);
}

/** What a newcomer reads first, by README, stays short. */
function checkReadingList() {
  const [, list = ''] = (existsSync('README.md') ? readFileSync('README.md', 'utf8') : '').split(
    '### The reading list',
  );
  const files = [...list.split(/\n#/)[0].matchAll(/\]\((packages\/[^)]+\.ts)\)/g)].map(([, file]) => file);
  for (const file of files.filter((name) => !existsSync(name))) fault('README.md', `lists ${file}, which is not there`);
  const lines = files
    .filter((name) => existsSync(name))
    .map((name) => readFileSync(name, 'utf8').split('\n').length - 1);
  const sum = lines.reduce((total, count) => total + count, 0);
  if (files.length < 5) fault('README.md', 'has no reading list: a training step, a module, an op, the tape, a kernel');
  if (sum > MAX_LINES_TO_READ) fault('README.md', `its reading list has ${sum} lines, more than ${MAX_LINES_TO_READ}`);
}

function pages() {
  const docs = existsSync('docs') ? readdirSync('docs').map((file) => `docs/${file}`) : [];
  const readmes = packages.map((name) => `packages/${name}/README.md`);
  return ['README.md', 'CONTRIBUTING.md', ...docs, ...readmes].filter(
    (file) => file.endsWith('.md') && existsSync(file),
  );
}

/** Links to files of this repository lead somewhere. */
function checkLinks(page) {
  for (const [, target] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g))
    if (!existsSync(path.join(path.dirname(page), target))) fault(page, `links to ${target}, which is not there`);
}

function checkPackage(name) {
  const manifest = `packages/${name}/package.json`;
  if (!layers[name]) return fault(manifest, `"${name}" has no row in scripts/layers.mjs`);
  const { name: published, dependencies = {} } = json(manifest);
  if (published !== npmName(name)) fault(manifest, `"name" is ${published}, expected ${npmName(name)}`);

  const used = Object.keys(layers).filter((other) => npmName(other) in dependencies);
  for (const other of used)
    if (!allowed(name).includes(other))
      fault(manifest, `depends on ${npmName(other)}; scripts/layers.mjs allows: ${listed(allowed(name))}`);

  const config = `packages/${name}/tsconfig.json`;
  const references = (json(config).references ?? []).map(({ path: folder }) => path.basename(folder));
  if (listed(references) !== listed(used))
    fault(config, `"references" are ${listed(references)}, the dependencies in package.json are ${listed(used)}`);
}

/** What npm shows of it: fields, and a README that stands alone. The code in it is run by docs/samples.node.spec.ts. */
function checkShelf(name) {
  const manifest = json(`packages/${name}/package.json`);
  for (const [field, value] of Object.entries(sharedFields(name)))
    if (JSON.stringify(manifest[field]) !== JSON.stringify(value))
      fault(
        `packages/${name}/package.json`,
        `"${field}" is not what the root says; run node scripts/package-files.mjs`,
      );
  if (!manifest.description) fault(`packages/${name}/package.json`, 'has no "description"');

  const readme = `packages/${name}/README.md`;
  const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
  const wanted = [`# ${npmName(name)}\n`, `npm install ${npmName(name)}`, '```ts\n// runnable\n', 'https://'];
  for (const part of wanted.filter((piece) => !text.includes(piece)))
    fault(readme, `stands alone on npm and lacks ${JSON.stringify(part)}`);
}

function checkSource(file) {
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > MAX_LINES) fault(file, `has ${lines} lines, more than ${MAX_LINES}; give one of its ideas its own file`);
  if (/write here/i.test(text)) fault(file, 'still asks to "write here" what new:module left open');
  if (/utils|helpers|misc|common/i.test(path.basename(file))) fault(file, 'name it after the one thing it holds');
  for (const [, name, type] of text.matchAll(/^export (?:interface|type) (\w*Options)\b([^]*?)[;}]\n/gm))
    if (!/= [^]*\bGiven</.test(type)) fault(file, `${name} is declared by optionsOf, and is what Given makes of it`);
  if (['index.ts', 'internal.ts'].includes(path.basename(file))) {
    const code = text.replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
    const rest = code.replace(/export\s+(type\s+)?(\*(\s+as\s+\w+)?|\{[^}]*\})(\s+from\s+'[^']+')?\s*;/g, '').trim();
    if (rest) fault(file, `an ${path.basename(file)} only re-exports; found: ${rest.split('\n')[0]}`);
  }
}

function checkSpec(file) {
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((line, i) => {
      const found = /\b(it|describe|context|this)\.(only|skip)\(/.exec(line);
      if (found) fault(`${file}:${i + 1}`, `${found[0]}) must not be left in; a spec that cannot run is a failure`);
    });
}

function checkFoldersHaveSpecs(name) {
  const top = `packages/${name}/src/`;
  const files = sourcesOf(name).map((file) => file.slice(top.length));
  const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
  for (const folder of folders)
    if (!files.some((file) => file.startsWith(`${folder}/`) && file.endsWith('.spec.ts')))
      fault(`${top}${folder}`, `has no spec; write ${folder}/${folder}.spec.ts`);
}
