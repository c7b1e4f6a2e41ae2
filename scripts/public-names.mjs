// What users may import, name by name, in tests/public-names.txt: a change to it is made on purpose or not at all.
//   node scripts/public-names.mjs          writes the list
//   node scripts/public-names.mjs --check  fails when the list is another one, or a name has no doc comment
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const LIST = 'tests/public-names.txt';
// The face re-exports all of the others but `kernels`, which is for those who write kernels, and `visual`, which brings a
// renderer and a font.
const FACES = {
  'tessera-nn': 'packages/tessera/src/index.ts',
  '@tessera-nn/kernels': 'packages/kernels/src/index.ts',
  '@tessera-nn/visual': 'packages/visual/src/index.ts',
};

const { config } = ts.readConfigFile('tsconfig.test.json', ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: Object.values(FACES) }, ts.sys, '.');
const program = ts.createProgram(Object.values(FACES), options);
const checker = program.getTypeChecker();

const faults = [];
const list = Object.entries(FACES)
  .map(([name, file]) => {
    const face = checker.getSymbolAtLocation(program.getSourceFile(file));
    const exported = checker.getExportsOfModule(face).map(resolved);
    exported.forEach(checkDocumented);
    const lines = exported.map(({ symbol, name }) => `  ${symbol.flags & ts.SymbolFlags.Value ? '' : 'type '}${name}`);
    return `${name}\n${lines.sort().join('\n')}\n`;
  })
  .join('\n');

if (!process.argv.includes('--check')) writeFileSync(LIST, list);
else if (list !== (existsSync(LIST) ? readFileSync(LIST, 'utf8') : ''))
  faults.push(`${LIST}: is another list than the packages export; run node scripts/public-names.mjs and read its diff`);

for (const line of new Set(faults)) console.error(line);
process.exitCode = faults.length ? 1 : 0;

/** The name under which it is exported, and what it means. */
function resolved(symbol) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return { name: symbol.name, symbol: target };
}

/** Values, what namespaces hold, and the methods of classes. Types speak through their members, and a type of options through its class. */
function checkDocumented({ name, symbol }) {
  if (!(symbol.flags & ts.SymbolFlags.Value)) return;
  if (symbol.flags & ts.SymbolFlags.ValueModule) {
    checker.getExportsOfModule(symbol).map(resolved).forEach(checkDocumented);
    return;
  }
  if (!isDocumented(symbol)) undocumented(symbol, name);
  if (!(symbol.flags & ts.SymbolFlags.Class)) return;
  for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties())
    if (member.flags & ts.SymbolFlags.Method && isOpen(member) && !isDocumented(member))
      undocumented(member, `${member.valueDeclaration.parent.name.text}.${member.name}`);
}

function isDocumented(symbol) {
  return symbol.getDocumentationComment(checker).length > 0;
}

function isOpen({ valueDeclaration }) {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    ts.isIdentifier(valueDeclaration.name) && // not #private, not [Symbol.dispose]
    !(ts.getCombinedModifierFlags(valueDeclaration) & hidden) &&
    !ts.getJSDocTags(valueDeclaration).some((tag) => tag.tagName.text === 'internal')
  );
}

function undocumented(symbol, name) {
  const { fileName } = symbol.declarations[0].getSourceFile();
  faults.push(`${path.relative('.', fileName)}: ${name} is open to users and has no doc comment`);
}
