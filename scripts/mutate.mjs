// Tests the tests: puts one small fault at a time into a source, runs the specs beside it, and lists the faults that
// none of them noticed. On demand, for it takes seconds for each fault:
//   npm run mutate -- packages/modules/src/prelu --count 20 --seed 1
// The specs of a source are those of its folder, or of the nearest folder above that has some; --specs names others.
// A survivor is a case that no spec asks for, or a change that makes no difference: read it, then decide.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    specs: { type: 'string' },
    backend: { type: 'string', default: 'wasm' },
  },
});
const LIMIT_SECONDS = 240;
/** What no spec in Node runs: specs themselves, figures, re-exports, compiled bytes, and all that draws. */
const LEFT_OUT = /\.(spec|golden|d|bytes|webgl)\.ts$|(^|\/)(index\.ts$|webgl\/)|\bglsl\.ts$/;

/** What stands for what; the operands stay. */
const OPERATORS = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '&&': '||',
  '||': '&&',
  '??': '&&',
  '+=': '-=',
  '-=': '+=',
};

const sources = positionals.flatMap((place) =>
  statSync(place).isDirectory()
    ? readdirSync(place, { recursive: true }).map((file) => path.posix.join(place, file.replaceAll(path.sep, '/')))
    : [place],
);
const mutants = sources.filter((file) => file.endsWith('.ts') && !LEFT_OUT.test(file)).flatMap(mutantsOf);
const chosen = shuffled(mutants, Number(options.seed)).slice(0, Number(options.count));
console.log(`${chosen.length} of ${mutants.length} faults in ${positionals.join(', ')}, seed ${options.seed}`);

const survivors = chosen.filter((mutant) => !isKilled(mutant));
console.log(`\n${chosen.length - survivors.length} killed, ${survivors.length} survived`);
for (const mutant of survivors) console.log(`  ${shown(mutant)}`);
process.exitCode = survivors.length ? 1 : 0;

/** Every single change of an operator, a number, a truth value or a choice in the code; types and texts stay. */
function mutantsOf(file) {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, replacement) => {
    const [from, to] = [node.getStart(source), node.getEnd()];
    found.push({
      file,
      from,
      to,
      before: text.slice(from, to),
      replacement,
      line: source.getLineAndCharacterOfPosition(from).line + 1,
      text,
    });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const { operatorToken } = node;
      const other = OPERATORS[operatorToken.getText(source)];
      if (other && !isText(node)) add(operatorToken, other);
    } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      add(node, node.operand.getText(source));
    } else if (ts.isNumericLiteral(node))
      add(node, node.text === '0' ? '1' : node.text === '1' ? '0' : `(${node.text} + 1)`);
    else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, 'false');
    else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, 'true');
    else if (ts.isConditionalExpression(node)) {
      const [yes, no] = [node.whenTrue, node.whenFalse].map((branch) => branch.getText(source));
      add(node, `${node.condition.getText(source)} ? ${no} : ${yes}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Whether a sum joins texts: messages are not what is tested here. */
function isText({ left, right }) {
  return [left, right].some((side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side));
}

function shown({ file, line, before, replacement }) {
  const short = (text) => text.replace(/\s+/g, ' ').slice(0, 70);
  return `${file}:${line}  ${short(before)}  became  ${short(replacement)}`;
}

function isKilled(mutant) {
  const { file, from, to, replacement, text } = mutant;
  const started = performance.now();
  const restore = () => {
    writeFileSync(file, text);
    process.exit(130);
  };
  process.once('SIGINT', restore);
  process.once('SIGTERM', restore);
  try {
    writeFileSync(file, text.slice(0, from) + replacement + text.slice(to));
    const { status } = spawnSync('npx', ['mocha', '--bail'], {
      env: { ...process.env, SPEC: options.specs ?? specsOf(file), TESSERA_BACKEND: options.backend },
      timeout: LIMIT_SECONDS * 1000,
    });
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${status === 0 ? 'SURVIVED' : 'killed  '} ${seconds.padStart(4)} s  ${shown(mutant)}`);
    return status !== 0;
  } finally {
    writeFileSync(file, text);
    process.off('SIGINT', restore);
    process.off('SIGTERM', restore);
  }
}

/** The specs of the folder of a source, as a pattern; of the folder above where there are none. */
function specsOf(file) {
  let folder = path.posix.dirname(file);
  while (!existsSync(folder) || !readdirSync(folder, { recursive: true }).some((name) => name.endsWith('.spec.ts'))) {
    const above = path.posix.dirname(folder);
    if (above === folder) throw new Error(`${file} has no specs above it; name some with --specs`);
    folder = above;
  }
  return `^${folder}/`;
}

/** In an order that the seed decides, by mulberry32. */
function shuffled(items, seed) {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return items
    .map((item) => ({ item, order: next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
