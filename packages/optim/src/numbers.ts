import type { Numbers } from './groups.js';

// In files all numbers are numbers: true is 1. What is given by name alone stands there only where it is not its preset, for
// PuzzleLib, whose files are read and written, has not got it.

/** What is asked of the options of an optimizer. */
interface Declared {
  readonly positions: readonly string[];
  readonly declared: Readonly<Record<string, { readonly preset: unknown }>>;
  read(given: object, subject: string): { readonly nodeinfo?: unknown };
}

/** The numbers of an optimizer as they are saved. */
export function savedNumbers(numbers: Readonly<Numbers>, { positions, declared }: Declared): Record<string, number> {
  const saved = Object.entries(numbers).filter(
    ([name, value]) => positions.includes(name) || value !== declared[name]!.preset,
  );
  return Object.fromEntries(saved.map(([name, value]) => [name, Number(value)]));
}

/** The numbers of a saved state, with presets for what is not in it. @throws OptimizerError for those that do not fit. */
export function loadedNumbers(
  saved: Readonly<Record<string, number>>,
  options: Declared,
  className: string,
): Readonly<Numbers> {
  const given = Object.entries(saved).map(([name, value]) => {
    const isFlag = typeof options.declared[name]!.preset === 'boolean' && (value === 0 || value === 1);
    return [name, isFlag ? value === 1 : value] as const;
  });
  const { nodeinfo: _, ...numbers } = options.read(Object.fromEntries(given), className);
  return numbers;
}
