// Typed lint rules for TypeScript, plain ones for the scripts. The layers come from scripts/layers.mjs; here they show in
// the editor while typing, dependency-cruiser holds the resolved imports against them.
import ts from 'typescript-eslint';
import { allowed, forbidden, layers, npmNames } from './scripts/layers.mjs';

const deepImports = {
  group: ['@tessera-nn/*/*', '!@tessera-nn/*/internal', 'tessera-nn/*'],
  message: 'import a package by its name; what it does not export is its own business',
};
const tfjsInternals = {
  regex: '^@tensorflow/(?!tfjs-core$)',
  message: 'tfjs backends and internals are known to packages/kernels alone',
};

const layerRules = Object.keys(layers).map((name) => ({
  files: [`packages/${name}/src/**/*.ts`],
  ignores: ['**/*.{spec,golden}.ts'],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        paths: [...forbidden(name, allowed), name].flatMap(npmNames).map((other) => ({
          name: other,
          message: `the sources of ${name} may import: ${allowed(name).join(', ') || 'no other package'}`,
        })),
        patterns: name === 'kernels' ? [deepImports] : [deepImports, tfjsInternals],
      },
    ],
  },
}));

export default ts.config(
  // packages/kernels/assembly is AssemblyScript: its i32 and usize are no types that TypeScript's rules know.
  {
    ignores: [
      'packages/kernels/assembly/',
      '**/dist/',
      '**/node_modules/',
      'coverage/',
      '**/.esm/',
      'docs/',
      'site/.pages/',
    ],
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: ts.configs.recommendedTypeChecked,
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.test.json', './examples/playground/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    extends: [ts.configs.recommended],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.{ts,tsx}', 'scripts/**'],
    ignores: ['scripts/mocha-reporter.mjs'], // mocha takes a reporter's default export
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'export by name, so that a thing is called the same everywhere',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts'],
    // chai's assertions are expressions: expect(x).to.be.true
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['tests/types/**/*.ts'],
    // A value is made there only to ask for its type.
    rules: { '@typescript-eslint/no-unused-vars': 'off' },
  },
  ...layerRules,
);
