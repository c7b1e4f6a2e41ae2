/** Node's `process`, where there is one; named here because the package has no Node types: it also runs in pages. */
const process = (
  globalThis as {
    process?: { versions?: { node?: string }; getBuiltinModule?: (name: string) => unknown };
  }
).process;

export const isNode = process?.versions?.node !== undefined;

/** One of Node's own modules; undefined elsewhere. Imports would have to be resolved by the bundler of a page. */
export function nodeModule<Module>(name: string): Module | undefined {
  return isNode ? (process!.getBuiltinModule?.(name) as Module | undefined) : undefined;
}
