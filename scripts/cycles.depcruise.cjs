// Finds cycles of imports. Its own run, without type-only imports: dependency-cruiser knows one cycle per import, so a
// harmless type-only one would hide a real one.
const { options } = require('../.dependency-cruiser.cjs');

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'modules that import one another start in an order nobody sees; import types with "import type"',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: { ...options, tsPreCompilationDeps: false },
};
