// The numbers that examples are started with, all read here: one that does not fit ends the program with a plain sentence.

/** What a number may be. */
export interface NumberRule {
  /** As the message names it: `steps`. */
  readonly name: string;
  readonly from: number;
  /** Whether it may have a fraction. */
  readonly fractions?: boolean;
}

/** The number that a text says, or undefined where it says none that fits. */
export function numberFrom(text: string, { from, fractions = false }: Omit<NumberRule, 'name'>): number | undefined {
  const value = text.trim() === '' ? NaN : Number(text);
  const fits = value >= from && value < Infinity && (fractions || Number.isSafeInteger(value));
  return fits ? value : undefined;
}

/** The number that an example was given, as `npm start -- 100`, or else the preset. */
export function numberArgument(text: string | undefined, preset: number, rule: NumberRule): number {
  if (text === undefined) return preset;
  const value = numberFrom(text, rule);
  if (value !== undefined) return value;
  console.error(
    `${rule.name}: expected a ${rule.fractions ? '' : 'whole '}number from ${rule.from}, received "${text}"`,
  );
  process.exit(1);
}
