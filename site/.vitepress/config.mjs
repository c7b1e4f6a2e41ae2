import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitepress';

const PAGES = path.resolve(import.meta.dirname, '../.pages');
/** A link in a table of contents. */
const ENTRY = /^\| *\[([^\]]+)\]\((\/[^)]+)\)/gm;

/** The pages in the order of their table in docs/README.md. */
const contents = () =>
  [...readFileSync(path.join(PAGES, 'overview.md'), 'utf8').matchAll(ENTRY)].map(([, text, link]) => ({ text, link }));

/** Beside the reference of a package its classes and functions; types are found from there, and by the search. */
function reference() {
  const file = path.join(PAGES, 'reference/typedoc-sidebar.json');
  const packages = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const shown = packages.map(({ text, link, items = [] }) => {
    return { text, link, items: items.filter((group) => ['Classes', 'Functions'].includes(group.text)) };
  });
  const names = [{ text: 'Packages', items: shown.map(({ text, link }) => ({ text, link })) }];
  const entries = shown.map((one) => [`/reference/${one.text}/`, [...names, one]]);
  return Object.fromEntries([...entries, ['/reference/', names]]);
}

export default defineConfig({
  title: 'Tessera',
  description:
    'Build, train and ship small CNNs in TypeScript: in a browser tab or in Node, with nothing native to install.',
  srcDir: '.pages',
  outDir: 'dist',
  cleanUrls: true,
  metaChunk: true, // else each page brings the contents of all others
  lastUpdated: false,
  head: [['link', { rel: 'icon', href: '/icon.svg' }]],
  vite: { build: { chunkSizeWarningLimit: 5000 } }, // HDF5 is one file of that size, which loads where it is used
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'What there is', link: '/catalogue' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: { ...reference(), '/': [{ text: 'Guide', items: contents() }] },
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/tessera-nn/tessera' }],
  },
});
