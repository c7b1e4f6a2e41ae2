// The table of kernels in docs/backends.md, from the records that the packages declare.
import 'tessera-nn';
import { declaredKernels } from '@tessera-nn/kernels/internal';

/** The bodies of a kernel in the order in which each backend tries them. */
const BACKENDS: Readonly<Record<string, readonly string[]>> = {
  webgl: ['webgl'],
  wasm: ['companion', 'wasm', 'loops'],
  cpu: ['cpu'],
};

/** A row for each kernel, by name. */
export function kernelTable(): string {
  const rows = declaredKernels()
    .slice()
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((kernel) => {
      const has = kernel as Readonly<Record<string, unknown>>;
      const cells = Object.values(BACKENDS).map((bodies) => bodies.filter((body) => has[body]).map(code));
      return [code(kernel.name), ...cells.map((bodies) => bodies.join(', ') || '-')];
    });
  const lines = [['kernel', ...Object.keys(BACKENDS).map(code)], Array<string>(4).fill('---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const code = (text: string) => `\`${text}\``;
