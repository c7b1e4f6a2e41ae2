// Enforces the layers of scripts/layers.mjs on packages/*/src. Cycles are the business of scripts/cycles.depcruise.cjs.
const { readFileSync } = require('node:fs');
const { layers, allowed, allowedInSpecs, forbidden, typesOnly } = require('./scripts/layers.mjs');

const SPEC = '\\.(spec|golden)\\.ts$';
const sources = (names) => `^packages/(${names.join('|')})/`;

// A folder that the package exports is a module; the others are shared by modules and open to them.
const moduleFolders = [
  ...readFileSync('packages/modules/src/index.ts', 'utf8').matchAll(/'\.\/([^/']+)\/\1\.js'/g),
].map(([, folder]) => folder);

const layerRules = Object.keys(layers).flatMap((name) => {
  const own = `^packages/${name}/src/`;
  const rules = [
    {
      name: `layers-${name}`,
      comment: `the sources of ${name} may import: ${layers[name].join(', ') || 'no other package'}`,
      from: { path: own, pathNot: SPEC },
      to: { path: sources(forbidden(name, allowed)) },
    },
    {
      name: `layers-${name}-spec`,
      comment: `the specs of ${name} may import: ${allowedInSpecs(name).join(', ')}`,
      from: { path: `${own}.*${SPEC}` },
      to: { path: sources(forbidden(name, allowedInSpecs)) },
    },
    {
      name: `layers-${name}-types`,
      comment: `${name} may import ${typesOnly(name).join(', ')} with "import type" only`,
      from: { path: own, pathNot: SPEC },
      to: { path: sources(typesOnly(name)), dependencyTypesNot: ['type-only'] },
    },
  ];
  return rules.filter(({ to }) => to.path !== sources([]));
});

const rules = [
  ...layerRules,
  {
    name: 'no-deep-import',
    comment:
      'another package is imported by its name, and shows only what its index.ts, internal.ts and its files for Node export',
    from: { path: '^packages/([^/]+)/' },
    to: { path: '^packages/(?!$1/)[^/]+/(?!src/(index|internal|[^/]+\\.node)\\.ts$)' },
  },
  {
    name: 'no-relative-import-of-package',
    comment: 'another package is imported by its name, never by a path',
    from: { path: '^packages/([^/]+)/' },
    to: { path: '^packages/(?!$1/)[^/]+/', dependencyTypes: ['local'] },
  },
  {
    name: 'no-module-internals',
    comment: 'a module folder shows other folders only <name>/<name>.ts (or index.ts)',
    from: { path: '^packages/modules/src/([^/]+)/' },
    to: {
      path: `^packages/modules/src/(?!$1/)(${moduleFolders.join('|')})/`,
      pathNot: '^packages/modules/src/([^/]+)/(\\1|index)\\.ts$',
    },
  },
  {
    name: 'no-spec-import',
    comment: 'nothing imports a spec',
    from: {},
    to: { path: '\\.spec\\.ts$' },
  },
  {
    name: 'no-golden-import',
    comment: 'the recorded figures of other systems ship with no package: only specs import them',
    from: { pathNot: SPEC },
    to: { path: '\\.golden\\.ts$' },
  },
  {
    name: 'no-tfjs-backend',
    comment:
      'tfjs backends and internals are known to packages/kernels alone; tfjs-layers to what tests bridges and files',
    from: { path: '^packages/(?!kernels/)', pathNot: '^packages/(core/src/bridge|io/src/keras/tfjs)/.*\\.spec\\.ts$' },
    to: { path: '@tensorflow/', pathNot: '@tensorflow/tfjs-core/dist/index\\.js$' },
  },
  {
    name: 'no-node-core',
    comment: 'sources run in browsers; what needs Node lives in a file named *.node.ts',
    from: { path: '^packages/[^/]+/src/', pathNot: '\\.node(\\.spec)?\\.ts$' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'no-undeclared',
    comment: 'what the sources import stands in dependencies or peerDependencies of their package.json',
    from: { path: '^packages/[^/]+/src/', pathNot: SPEC },
    to: {
      pathNot: '^packages/',
      dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'npm-optional'],
      dependencyTypesNot: ['npm-peer'],
    },
  },
  {
    name: 'no-undeclared-spec',
    comment: 'specs may add chai, fast-check and tfjs-core to the dependencies of their package',
    from: { path: `^packages/[^/]+/src/.*${SPEC}` },
    to: {
      pathNot: ['^packages/', '(^|/)node_modules/(chai|fast-check|@tensorflow/tfjs-core)/'],
      dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-optional'],
    },
  },
  {
    name: 'no-unresolvable',
    comment: 'the import leads nowhere',
    from: {},
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: rules.map((rule) => ({ ...rule, severity: 'error' })),
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['tessera-source', 'import', 'node', 'default'],
      mainFields: ['module', 'main'],
      extensions: ['.ts', '.js', '.mjs'],
    },
  },
};
