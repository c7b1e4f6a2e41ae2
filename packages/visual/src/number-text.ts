/** Digits that are shown of a number. */
const DIGITS = 6;
/** What is smaller or as great is written as a power of ten. */
const [SMALL, GREAT] = [1e-3, 1e5];

/** A number as it stands in a picture, with the sign that is as wide as a plus. */
export function numberText(value: number, digits = DIGITS): string {
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  const text =
    size !== 0 && (size < SMALL || size >= GREAT) ? rounded.toExponential().replace('e+', 'e') : String(rounded);
  return text.replaceAll('-', '−');
}
