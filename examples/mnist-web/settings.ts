import { backendNames, nearestName, ValueError, type BackendName } from 'tessera-nn';

export const dataNames = ['synthetic', 'mnist'] as const;
export type DataName = (typeof dataNames)[number];

export interface Settings {
  backend: BackendName;
  data: DataName;
  seed: number;
  epochs: number;
  /** Digits in one step. */
  batch: number;
  /** Synthetic digits to learn from. */
  count: number;
  /** Unseen digits to measure on. */
  unseen: number;
}

export const defaultSettings: Readonly<Settings> = {
  backend: 'webgl',
  data: 'synthetic',
  seed: 7,
  epochs: 2,
  batch: 64,
  count: 9600,
  unseen: 1000,
};

/** Reads `?backend=wasm&epochs=1`. @throws ValueError for an unknown name or a number out of range. */
export function settingsFrom(query: string): Settings {
  const given = new URLSearchParams(query);
  for (const name of given.keys()) oneOf('the name of a setting', name, Object.keys(defaultSettings));
  const text = (name: keyof Settings) => given.get(name) ?? String(defaultSettings[name]);
  return {
    backend: oneOf('backend', text('backend'), backendNames),
    data: oneOf('data', text('data'), dataNames),
    seed: wholeNumber('seed', text('seed'), 0),
    epochs: wholeNumber('epochs', text('epochs'), 1),
    batch: wholeNumber('batch', text('batch'), 1),
    count: wholeNumber('count', text('count'), 1),
    unseen: wholeNumber('unseen', text('unseen'), 1),
  };
}

function oneOf<T extends string>(setting: string, value: string, known: readonly T[]): T {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  const near = nearestName(value, known);
  throw new ValueError(`${setting} cannot be "${value}"`, {
    path: setting,
    expected: `one of ${known.join(', ')}`,
    ...(near ? { hint: `Did you mean "${near}"?` } : {}),
  });
}

function wholeNumber(setting: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw new ValueError(`${setting} cannot be "${text}"`, {
    path: setting,
    expected: `a whole number from ${least}`,
  });
}
