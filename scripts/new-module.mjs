// Writes the folder of a new module, with a spec that fails until its reference is written:
//   npm run new:module soft-shrink lambda=0.5
// A name after the folder's is a number that the module is given, with what it is where nothing is given. The folder
// starts as a formula, y = lambda x, or y = -x; a module with parameters or shapes of its own looks at prelu or linear.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const SOURCES = 'packages/modules/src';
const INDEX = `${SOURCES}/index.ts`;

const [folder = '', ...given] = process.argv.slice(2);
const refuse = (problem) => {
  console.error(problem);
  process.exit(1);
};
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(folder))
  refuse(`"${folder}" is not a name for a module; expected kebab-case: npm run new:module soft-shrink`);
if (existsSync(`${SOURCES}/${folder}`)) refuse(`${SOURCES}/${folder} is there already`);
for (const number of given) {
  if (!/^[a-z][A-Za-z0-9]*=-?\d+(\.\d+)?$/.test(number))
    refuse(`"${number}" is not an option; expected a name and a number: npm run new:module soft-shrink lambda=0.5`);
}

// "conv-2d" is written Conv2D, as in the reference documents.
const words = folder.split('-').map((word) => (/^\dd$/.test(word) ? word.toUpperCase() : word));
const className = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
const functionName = className[0].toLowerCase() + className.slice(1);

const presets = Object.fromEntries(given.map((number) => number.split('=')));
const names = Object.keys(presets);
const join = (texts, between = ', ') => texts.join(between);
/** What is written for each number, where there are some. */
const each = (write) => join(names.map(write), '');
const withNumbers = (text) => (names.length ? text : '');
const picked = `{ ${join(names)} }`;
const equation = `y = ${names.length ? join([...names, 'x'], ' ') : '-x'}`;

const imports = names.length
  ? 'Module, named, option, optionsOf, type Arguments, type Given, type Variable'
  : 'Module, type Variable';
const declared = each(
  (name) =>
    `  /** Write here: what it is. Default ${presets[name]}. */\n  ${name}: option.number.or(${presets[name]}),\n`,
);
const optionsText = `const options = optionsOf('${className}', {
${declared}  ...named,
});
export type ${className}Options = Given<typeof options>;

`;
const constructorText = `${each((name) => `  readonly ${name}: number;\n`)}
  constructor(...given: Arguments<[${each((name) => `${name}?: number, `)}name?: string], ${className}Options>) {
    const read = options.arguments(given);
    super(read, read);
${each((name) => `    this.${name} = read.${name};\n`)}  }

`;
const printingText = `
  override extraRepr(): string {
    return \`${join(names.map((name) => `${name}=\${this.${name}}`))}\`;
  }
`;

const moduleText = `import { ${imports} } from '@tessera-nn/core';
import { ${functionName} } from './${folder}.op.js';

${withNumbers(optionsText)}/**
 * Write here: one sentence with the formula, ${equation}.
 *
 * Write here: the gradient, and when to use it.
 *
 * Shapes: any to the same. Source: write here the paper or system.
 *
 * @example
 * new ${className}();
 */
export class ${className} extends Module {
  static override readonly className = '${className}';

${withNumbers(constructorText)}  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    return ${functionName}(data, ${names.length ? `{ ${join(names.map((name) => `${name}: this.${name}`))} }` : '{}'});
  }
${withNumbers(printingText)}}
`;

const opText = `import { elementwiseOp } from '@tessera-nn/core';
import { formula as f } from '@tessera-nn/kernels';

/** Write here: the formula. */
export const ${functionName} = elementwiseOp({
  name: '${className}',${withNumbers(`\n  params: [${join(names.map((name) => `'${name}'`))}],`)}
  // Write here: y of x; the gradient follows from it.
  value: (${names.length ? `{ x, ${join(names)} }` : '{ x }'}) => ${names.length ? names.reduceRight((y, name) => `f.mul(${name}, ${y})`, 'x') : 'f.neg(x)'},
});
`;

const others = names.map((name) => `${name}: ${2 * presets[name] || 1}`);
const specText = `import { map, moduleSpec } from '@tessera-nn/testing';
import { ${className} } from './${folder}.js';

moduleSpec('${className}', {
  classes: [${className}],
  reference: (x${withNumbers(`, _, ${picked}`)}) =>
    map(x, (value) => {
      throw new Error(\`Write y of ${className} here, in float64, at \${value}${each((name) => `, ${name} \${${name}}`)}\`);
    }),
  kinks: [], // Write here: where there is no derivative, or take the line out
  specials: true,
  // Write here: g times the derivative, in float64, at infinities, NaN and kinks too
  gradient: (_, g${withNumbers(`, __, ${picked}`)}) => map(g, (value) => ${join([...names.map((name) => `${name} * `), names.length ? 'value' : '-value'], '')}),
  cases: [
    { title: 'images', make: () => new ${className}(), shape: [2, 3, 4, 5] },
    { title: ${names.length ? `'a matrix, other numbers', make: () => new ${className}({ ${join(others)} })` : `'a matrix', make: () => new ${className}()`}, shape: [5, 11] },
  ],
  otherShape: [3, 3, 2, 7],
});
`;

const target = `./${folder}/${folder}.js`;
const lines = readFileSync(INDEX, 'utf8').trimEnd().split('\n');
const sourceOf = (line) => /from '([^']+)'/.exec(line)?.[1] ?? '';
const after = lines.findIndex((line) => sourceOf(line) > target);
lines.splice(after < 0 ? lines.length : after, 0, `export * from '${target}';`);

mkdirSync(`${SOURCES}/${folder}`);
for (const [ending, text] of Object.entries({ '.ts': moduleText, '.op.ts': opText, '.spec.ts': specText })) {
  writeFileSync(`${SOURCES}/${folder}/${folder}${ending}`, text);
  console.log(`wrote ${SOURCES}/${folder}/${folder}${ending}`);
}
writeFileSync(INDEX, `${lines.join('\n')}\n`);
console.log(`exported from ${INDEX}`);
execFileSync(process.execPath, ['scripts/public-names.mjs'], { stdio: 'inherit' });
console.log('listed in tests/public-names.txt');
console.log(`Now write the reference in ${folder}.spec.ts, then run: SPEC=modules/src/${folder}/ npm run test:node`);
