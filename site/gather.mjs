// Gathers the pages of the site in site/.pages: those of docs/ and of the packages, with links that lead to pages where there
// is one, else to the repository; a page for each activation; the playground; and, but for `--pages`, the reference, which typedoc makes of the doc comments of all exports.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Application, Converter, ReflectionKind } from 'typedoc';
import { buildPage } from '../examples/page/build.mjs';
import { page as playground } from '../examples/playground/files.mjs';
import { activationPages } from './activations.mjs';

const SITE = import.meta.dirname;
const REPOSITORY = path.resolve(SITE, '..');
const PAGES = path.join(SITE, '.pages');
/** A link or a picture of Markdown: what it shows, and where it leads. */
const LINK = /(!?)\[([^\]]*)\]\(([^)\s]+)\)/g;

/** The first program of a page. */
const SAMPLE = /```ts\n.*?```/s;

const read = (file) => readFileSync(path.join(REPOSITORY, file), 'utf8');
const { repository } = JSON.parse(read('package.json'));
const BLOB = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/`;
const packages = readdirSync(path.join(REPOSITORY, 'packages')).filter((name) =>
  existsSync(path.join(REPOSITORY, 'packages', name, 'src/index.ts')),
);
const withoutStem = (file) => path.basename(file, '.md').toLowerCase();

/** Where pages of the repository lie in the site. */
const places = new Map([
  ...readdirSync(path.join(REPOSITORY, 'docs'), { recursive: true })
    .filter((file) => file.endsWith('.md'))
    .map((file) => [`docs/${file}`, file === 'README.md' ? 'overview.md' : file]),
  ...['CONTRIBUTING.md', 'CHANGELOG.md', 'README.md'].map((file) => [file, `${withoutStem(file)}.md`]),
  ...['benchmarks', ...packages.map((name) => `packages/${name}`)]
    .filter((folder) => existsSync(path.join(REPOSITORY, folder, 'README.md')))
    .map((folder) => [`${folder}/README.md`, `${folder}.md`]),
]);

/** A link of one page as it is in the site. */
function leadsTo(target, from) {
  const inRepository = target.startsWith(BLOB) ? `/${target.slice(BLOB.length)}` : target;
  if (/^([a-z]+:|#)/.test(inRepository)) return target;
  const [file, anchor] = inRepository.split('#');
  const found = file.startsWith('/') ? file.slice(1) : path.posix.join(path.posix.dirname(from), file);
  const place = places.get(found) ?? places.get(`${found}/README.md`);
  if (place === undefined) return BLOB + found;
  return `/${place.replace(/\.md$/, '')}${anchor === undefined ? '' : `#${anchor}`}`;
}

/** Pictures lie in the site as they do in the repository. */
function picture(target, from) {
  if (/^[a-z]+:/.test(target)) return target;
  const file = path.posix.join(path.posix.dirname(from), target);
  cpSync(path.join(REPOSITORY, file), path.join(PAGES, 'public', file));
  return `/${file}`;
}

function gatherPages() {
  for (const [file, place] of places) {
    const page = read(file).replace(LINK, (_, mark, text, target) => {
      return `${mark}[${text}](${mark ? picture(target, file) : leadsTo(target, file)})`;
    });
    writePage(place, page);
  }
}

async function addActivations() {
  const { pages, overview } = await activationPages(readFileSync(path.join(PAGES, 'activations.md'), 'utf8'));
  for (const [place, page] of [...pages, ['activations.md', overview]]) writePage(place, page);
}

function writePage(place, page) {
  const target = path.join(PAGES, place);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, page);
}

async function gatherReference() {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: packages.filter((name) => name !== 'testing').map((name) => `packages/${name}/src/index.ts`),
    tsconfig: path.join(REPOSITORY, 'tsconfig.test.json'),
    plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme'],
    out: path.join(PAGES, 'reference'),
    docsRoot: PAGES,
    basePath: REPOSITORY,
    readme: 'none',
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    skipErrorChecking: true, // npm test compiles the sources
    sourceLinkTemplate: `${BLOB}{path}#L{line}`,
    gitRevision: 'main',
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    logLevel: 'Error',
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = module.name.replace(/^packages\/|\/src$/g, '');
    // A member stands once, at the class that declares it.
    for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
      if (member.inheritedFrom) project.removeReflection(member);
    }
  });
  const project = await app.convert();
  if (!project) throw new Error('The reference could not be made');
  await app.generateOutputs(project);
}

rmSync(PAGES, { recursive: true, force: true });
cpSync(path.join(SITE, 'icon.svg'), path.join(PAGES, 'public/icon.svg'));
gatherPages();
await addActivations();
await buildPage(playground, path.join(PAGES, 'public/playground'));
const [sample] = read('README.md').match(SAMPLE);
writeFileSync(path.join(PAGES, 'index.md'), read('site/home.md').replace('<!-- the sample of README -->', sample));
process.chdir(REPOSITORY);
if (!process.argv.includes('--pages')) await gatherReference();
