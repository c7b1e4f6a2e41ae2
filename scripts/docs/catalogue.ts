// The lists of docs/catalogue.md: every class of the packages that users build of, with what its doc comment says first, its
// options, what others call it, and the source it follows.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as tessera from 'tessera-nn';
import { declaredOptions } from '@tessera-nn/kernels';

/** The packages in their order, each under a heading. */
const PACKAGES: Readonly<Record<string, string>> = {
  modules: 'Modules',
  containers: 'Containers',
  cost: 'Costs',
  optim: 'Optimizers, their hooks, and schedules of the rate',
  handlers: 'Handlers, and what they tell of a run',
};
const CLASS = /\/\*\*\n((?: \*.*\n)+?) \*\/\nexport class (\w+)/g;
/** Whose names for a class have a column, where some class of the table has one there. */
const SYSTEMS = ['PuzzleLib', 'PyTorch', 'Keras', 'ONNX'] as const;

/** A table for each package. */
export function catalogue(): string {
  return Object.entries(PACKAGES)
    .map(([folder, title]) => `## ${title}\n\n${tableOf(folder)}`)
    .join('\n\n');
}

function tableOf(folder: string): string {
  const root = `packages/${folder}/src`;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => path.posix.join(root, file.replaceAll(path.sep, '/')));
  const rows = files
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(CLASS)].map(([, comment, name]) => ({
        file,
        name: name!,
        comment: comment!,
      })),
    )
    .filter(({ name }) => name in tessera)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ file, name, comment }): Record<string, string> => ({
      class: `[${name}](../${file})`,
      'what it is': firstSentence(comment),
      options: optionsIn(file, name),
      ...Object.fromEntries(SYSTEMS.map((system) => [system, namesIn(system, sourceOf(comment))])),
      source: sourceOf(comment),
    }));
  const columns = Object.keys(rows[0]!).filter((column) => rows.some((row) => row[column] !== ''));
  const lines = [columns, columns.map(() => '---'), ...rows.map((row) => columns.map((column) => row[column]!))];
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}

/** The prose of a comment, without its tables, its tags and what follows those. */
const proseOf = (comment: string): string =>
  comment
    .replace(/^ \* @[\s\S]*/m, '')
    .split('\n')
    .map((line) => line.replace(/^ \* ?/, ''))
    .filter((line) => !line.startsWith('|'))
    .join('\n');

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function firstSentence(comment: string): string {
  const [paragraph] = proseOf(comment).split('\n\n');
  return inOneLine(/^[\s\S]*?[.:;](?=\s|$)/.exec(paragraph!)?.[0] ?? paragraph!).replace(/[:;.]$/, '');
}

function sourceOf(comment: string): string {
  const found = /Sources?:\s([\s\S]*?)(?:(?<!\b[A-Z])\.\s+(?=[A-Z])|@|\n\n|$)/.exec(proseOf(comment));
  return found ? inOneLine(found[1]!).replace(/\.$/, '') : '';
}

/** What a system calls the class, as its source says: "A's and B's `X`" names it in both. */
function namesIn(system: string, source: string): string {
  const said = new RegExp(`\\b${system}'s?((?:,| and|\\s|[A-Z]\\w+'s?)*(?:(?:, | and )?\`[A-Z][^\`]*\`)+)`, 'g');
  return [...source.matchAll(said)].flatMap(([, names]) => names!.match(/`[^`]*`/g)!).join(' ');
}

/** The options that the file of a class declares, else those of what it extends. */
function optionsIn(file: string, name: string): string {
  const text = readFileSync(file, 'utf8');
  const [, subject] = /(?:optionsOf|optimizerOptions)\(\s*'([^']+)'/.exec(text) ?? [];
  const declared = declaredOptions().find((options) => options.subject === subject);
  if (declared) return declared.names.map((option) => `\`${option}\``).join(' ');
  const [, base] = new RegExp(`class ${name}\\b.* extends (\\w+)`).exec(text) ?? [];
  const [, from] = new RegExp(`import \\{[^}]*\\b${base}\\b[^}]*\\} from '(\\..*)\\.js'`).exec(text) ?? [];
  return from === undefined ? '' : optionsIn(`${path.posix.join(path.posix.dirname(file), from)}.ts`, base!);
}
