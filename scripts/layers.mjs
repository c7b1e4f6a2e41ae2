// The layers: which package may import which. The one place this is written down for programs; eslint, dependency-cruiser
// and check-structure read it, and check-structure holds every package.json against it.

/** Bottom first. `name:types` allows `import type` only. */
export const layers = {
  kernels: [],
  core: ['kernels'],
  modules: ['core', 'kernels'],
  containers: ['core', 'modules'],
  cost: ['core', 'kernels'],
  optim: ['core', 'kernels'],
  data: ['core'],
  io: ['core', 'containers', 'modules'],
  handlers: ['core', 'optim', 'cost:types', 'data:types', 'io'],
  models: ['core', 'modules', 'containers'],
  grid: ['core'],
  visual: ['core', 'containers'],
  onnx: ['kernels', 'core', 'modules', 'containers'],
  tflite: ['kernels', 'core'],
  testing: ['core', 'kernels'],
  tessera: ['kernels', 'core', 'modules', 'containers', 'cost', 'optim', 'data', 'io', 'handlers', 'models'],
};

const names = Object.keys(layers);

export const npmName = (name) => (name === 'tessera' ? 'tessera-nn' : `@tessera-nn/${name}`);

/** The names under which its exports are imported: what users may write, and what only the packages here may. */
export const npmNames = (name) => [npmName(name), `${npmName(name)}/internal`];

/** Packages that the sources of `name` may import, whether for values or for types. */
export const allowed = (name) => layers[name].map((entry) => entry.replace(':types', ''));

/** Packages that the sources of `name` may import for types only. */
export const typesOnly = (name) =>
  layers[name].filter((entry) => entry.endsWith(':types')).map((entry) => entry.replace(':types', ''));

/** Specs may use the test tools and every package further down, so that a container can be tested around real modules. */
export const allowedInSpecs = (name) => [...new Set([...names.slice(0, names.indexOf(name)), 'testing'])];

/** The packages that `mayUse` leaves out for `name`. */
export const forbidden = (name, mayUse) => names.filter((other) => other !== name && !mayUse(name).includes(other));
