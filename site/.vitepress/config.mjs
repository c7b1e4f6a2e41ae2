import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitepress';

const PAGES = path.resolve(import.meta.dirname, '../.pages');
/** A link in a table of contents. */
const ENTRY = /^\| *\[([^\]]+)\]\((\/[^)]+)\)/gm;

const TRANSLATED = ['getting-started', 'prelu', 'activation', 'module'];

/** The pages in the order of their table in docs/README.md. */
const contents = () =>
  [...readFileSync(path.join(PAGES, 'overview.md'), 'utf8').matchAll(ENTRY)].map(([, text, link]) => ({ text, link }));

/** The pages of a language that has some of them, by their titles. */
const translated = (language) =>
  TRANSLATED.map((page) => {
    const [, text] = /^# (.*)$/m.exec(readFileSync(path.join(PAGES, language, `${page}.md`), 'utf8'));
    return { text, link: `/${language}/${page}` };
  });

function locale(language, label, { overview, outline, previous, next }) {
  const items = translated(language);
  return {
    label,
    lang: language,
    link: items[0].link,
    themeConfig: {
      nav: [items[0], { text: overview, link: '/overview' }],
      sidebar: items,
      outline: { level: [2, 3], label: outline },
      docFooter: { prev: previous, next },
    },
  };
}

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
  locales: {
    root: { label: 'English', lang: 'en' },
    ru: locale('ru', 'Русский', {
      overview: 'Все страницы (English)',
      outline: 'На этой странице',
      previous: 'Назад',
      next: 'Дальше',
    }),
    zh: locale('zh', '中文', {
      overview: '全部页面（English）',
      outline: '本页内容',
      previous: '上一页',
      next: '下一页',
    }),
  },
  themeConfig: {
    i18nRouting: false, // few pages are there in each language
    logo: '/icon.svg',
    nav: [
      { text: 'Guide', link: '/getting-started' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'What there is', link: '/catalogue' },
      { text: 'Playground', link: '/playground/', target: '_self' },
      { text: 'Reference', link: '/reference/' },
    ],
    sidebar: { ...reference(), '/': [{ text: 'Guide', items: contents() }] },
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/tessera-nn/tessera' }],
  },
});
