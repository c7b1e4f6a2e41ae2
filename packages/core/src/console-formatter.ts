import { inspectSymbol } from '@tessera-nn/kernels/internal';

/** An element as consoles take it: its name, its attributes, what it holds. */
type JsonMl = [name: string, attributes: { style: string }, text: string];

/** What the consoles of Chromium and Firefox ask how to show something. */
interface Formatter {
  header(value: unknown): JsonMl | null;
  hasBody(value: unknown): boolean;
}

const STYLE = 'white-space: pre; display: inline-block; vertical-align: top';

const formatter: Formatter = {
  header(value) {
    const show = (value as Partial<Record<symbol, unknown>> | null | undefined)?.[inspectSymbol];
    if (typeof value !== 'object' || typeof show !== 'function') return null;
    return ['span', { style: STYLE }, String((show as () => unknown).call(value))];
  },
  hasBody: () => false,
};

/**
 * From now on the console of a page shows Variables, tensors, networks, optimizers and datasets as Node's does: as numbers and
 * as trees. The browser has to be asked, too: "Custom formatters" in the settings of its developer tools. In Node nothing
 * changes. What lies on a graphics card shows its numbers once they were read.
 *
 * Source: Chromium's and Firefox' `devtoolsFormatters`.
 *
 * @example
 * formatInConsole();
 * console.log(new Variable([1, 2])); // [1. 2.]
 */
export function formatInConsole(): void {
  const page = globalThis as { devtoolsFormatters?: Formatter[] };
  if (!page.devtoolsFormatters?.includes(formatter))
    page.devtoolsFormatters = [...(page.devtoolsFormatters ?? []), formatter];
}
