// Writes the folder of a new module, with a spec that fails until its reference is written:
//   npm run new:module soft-shrink
// The folder starts as y = x, one elementwise row; a module with parameters or shapes of its own looks at prelu or linear.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const SOURCES = 'packages/modules/src';
const INDEX = `${SOURCES}/index.ts`;

const [folder = ''] = process.argv.slice(2);
const refuse = (problem) => {
  console.error(problem);
  process.exit(1);
};
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(folder))
  refuse(`"${folder}" is no name for a module; expected kebab-case: npm run new:module soft-shrink`);
if (existsSync(`${SOURCES}/${folder}`)) refuse(`${SOURCES}/${folder} is there already`);

// "conv-2d" is written Conv2D, as in the reference documents.
const words = folder.split('-').map((word) => (/^\dd$/.test(word) ? word.toUpperCase() : word));
const className = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
const functionName = className[0].toLowerCase() + className.slice(1);

const moduleText = `import { Module, type ModuleOptions, type Variable } from '@tessera-nn/core';
import { ${functionName} } from './${folder}.op.js';

export type ${className}Options = ModuleOptions;

/**
 * Write here: one sentence with the formula, y = x.
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

  constructor(options: ${className}Options | string = {}) {
    super(typeof options === 'string' ? { name: options } : options);
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    return ${functionName}(data);
  }
}
`;

const opText = `import { elementwiseOp, type Variable } from '@tessera-nn/core';

const ${functionName}Op = elementwiseOp({
  name: '${className}',
  value: ({ x }) => x, // Write here: y of x, with what 'formula' offers in @tessera-nn/kernels
});

/** Write here: the formula. */
export const ${functionName} = (x: Variable): Variable => ${functionName}Op(x, {});
`;

const specText = `import { map, moduleSpec } from '@tessera-nn/testing';
import { ${className} } from './${folder}.js';

moduleSpec('${className}', {
  classes: [${className}],
  reference: (x) =>
    map(x, () => {
      throw new Error('Write y of ${className} here, in float64');
    }),
  kinks: [], // Write here: where there is no derivative, or take the line out
  specials: true,
  gradient: (_, g) => g, // Write here: g times the derivative, in float64, at infinities, NaN and kinks too
  cases: [
    { title: 'images', make: () => new ${className}(), shape: [2, 3, 4, 5] },
    { title: 'a matrix', make: () => new ${className}(), shape: [5, 11] },
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
