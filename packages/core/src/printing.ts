import { option, optionsOf, ShapeError, sizeOf, type Given } from '@tessera-nn/kernels';
import { checkList } from '@tessera-nn/kernels/internal';
import type { Dtype } from './variable/array-data.js';

const printingOptions = optionsOf('formatArray', {
  /** Most digits after the decimal point; 8. A 0-d array prints all the digits it needs. */
  precision: option.wholeFrom(0).or(8),
  /** Arrays with more elements than this print only their corners; 1000. */
  threshold: option.kind<number>('a number from 0', (value) => (value as number) >= 0).or(1000),
  /** How many elements a summary keeps at each end of a long axis, at least 1; 3. */
  edgeItems: option.count.or(3),
  /** Rows are wrapped to lines of at most this many characters; 75. */
  lineWidth: option.count.or(75),
});
/** How much of an array is printed and how wide; the defaults are NumPy's. */
export type FormatOptions = Given<typeof printingOptions>;

/**
 * The text `str(array)` returns in NumPy 1.24, to the character, so that tables in PuzzleLib's documents can be compared
 * with what Tessera prints.
 *
 * Floats show the fewest digits that tell them from their float32 neighbours, in one notation for the whole array:
 * exponents when a magnitude is at least 1e8, one is below 1e-4, or the largest is over 1000 times the smallest.
 * Not a `repr`: no dtype, no commas, and every empty array is `[]`. NumPy 2 writes float32(1e-4), a hair below 1e-4,
 * without an exponent, and from 2.3 on takes exponents for float32 from 1e6.
 *
 * @param values the elements in row-major order; floats are rounded to float32 first, bools are true unless 0.
 * @throws ShapeError when `shape` does not hold exactly `values.length` elements.
 * @example
 * console.log(formatArray([0.5, 0, 0.25], [3], 'float32')); // [0.5  0.   0.25]
 */
export function formatArray(
  values: ArrayLike<number>,
  shape: readonly number[],
  dtype: Dtype,
  options: FormatOptions = {},
): string {
  checkList(values, 'formatArray', 'values');
  checkList(shape, 'formatArray', 'values and a shape');
  const { precision, threshold, edgeItems, lineWidth } = printingOptions.read(options);
  const size = sizeOf(shape);
  if (size !== values.length) {
    throw new ShapeError('formatArray: the shape does not fit the values', {
      expected: `${size} values for shape [${shape.join(', ')}]`,
      received: `${values.length}`,
    });
  }
  if (size === 0) return '[]';

  const edge = size > threshold ? edgeItems : Infinity;
  const shown = shownOffsets(shape, edge).map((offset) => values[offset]!);
  return layOut(alignRight(texts(shown, shape.length, dtype, precision)), shape, edge, lineWidth);
}

/** Where the elements that get printed lie in `values`, in the order of printing. */
function shownOffsets(shape: readonly number[], edge: number): number[] {
  let offsets = [0];
  for (const length of shape) {
    const count = Math.min(length, 2 * edge);
    const indices = Array.from({ length: count }, (_, i) => (i < edge ? i : length - count + i));
    offsets = offsets.flatMap((offset) => indices.map((i) => offset * length + i));
  }
  return offsets;
}

/** Puts brackets, line breaks and the dots of a summary around the words of the shown elements. */
function layOut(words: readonly string[], shape: readonly number[], edge: number, lineWidth: number): string {
  const rank = shape.length;
  let next = 0;
  const block = (axis: number): string => {
    if (axis === rank) return words[next++]!;
    const length = shape[axis]!;
    const parts = Array.from({ length: Math.min(length, 2 * edge) }, () => block(axis + 1));
    if (length > 2 * edge) parts.splice(edge, 0, '...');
    const indent = ' '.repeat(axis + 1);
    const axesBelow = rank - 1 - axis;
    // Every bracket that may close behind a row takes one column off its lines.
    return `[${axesBelow === 0 ? wrap(parts, indent, lineWidth - rank) : parts.join('\n'.repeat(axesBelow) + indent)}]`;
  };
  return block(0);
}

/** One row in lines of at most `width` characters, or of a single longer word; the first line lacks its indent. */
function wrap(words: readonly string[], indent: string, width: number): string {
  let finished = '';
  let line = indent;
  for (const word of words) {
    if (line.length > indent.length && line.length + word.length > width) {
      finished += `${line.trimEnd()}\n`;
      line = indent;
    }
    line += `${word} `;
  }
  return (finished + line).slice(indent.length, -1);
}

function alignRight(words: readonly string[]): string[] {
  const width = words.reduce((most, word) => Math.max(most, word.length), 0);
  return words.map((word) => word.padStart(width));
}

function texts(values: readonly number[], rank: number, dtype: Dtype, precision: number): string[] {
  switch (dtype) {
    case 'float32':
      return floatTexts(values.map(Math.fround), rank, precision);
    case 'int32':
      return values.map(String);
    case 'bool': {
      // NumPy keeps the column for "False" even where every element is true.
      const truth = rank === 0 ? 'True' : ' True';
      return values.map((value) => (value ? truth : 'False'));
    }
  }
}

function floatTexts(floats: readonly number[], rank: number, precision: number): string[] {
  const write = rank === 0 ? writeScalar : chooseNotation(floats.filter(Number.isFinite), precision);
  return floats.map((value) => {
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
    return write(value);
  });
}

/** The one way in which all finite elements of an array are written, so that their decimal points line up. */
function chooseNotation(finite: readonly number[], precision: number): (value: number) => string {
  if (needExponents(finite)) {
    const digits = longestFraction(finite.map((value) => writeScientific(value, 0, precision)));
    return (value) => writeScientific(value, digits, digits);
  }
  // Digits left of the point are never cut short: 99999992 prints as such, although 9999999e1 would identify it.
  const write = (value: number) => writePositional(value, 0, -precision);
  const digits = longestFraction(finite.map(write));
  return (value) => {
    const text = write(value);
    return text.padEnd(text.indexOf('.') + 1 + digits);
  };
}

/** The limits of FloatingFormat in NumPy's arrayprint.py; it takes the quotient in float32 as well. */
function needExponents(finite: readonly number[]): boolean {
  const magnitudes = finite.map(Math.abs).filter((magnitude) => magnitude > 0);
  const largest = magnitudes.reduce((most, magnitude) => Math.max(most, magnitude), 0);
  const smallest = magnitudes.reduce((least, magnitude) => Math.min(least, magnitude), Infinity);
  return largest >= 1e8 || smallest < 1e-4 || Math.fround(largest / smallest) > 1000;
}

function longestFraction(written: readonly string[]): number {
  return written.reduce((most, text) => Math.max(most, /\.(\d*)/.exec(text)![1]!.length), 0);
}

/** A finite 0-d array, with all its digits and no bare trailing point; the limits are those of str(np.float32). */
function writeScalar(value: number): string {
  const magnitude = Math.abs(value);
  return magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e16)
    ? writePositional(value, Infinity, -Infinity).replace(/\.$/, '.0')
    : writeScientific(value, 0, Infinity).replace('.e', 'e');
}

/** `12.5`, rounded at a position between `coarsest` and `finest`; `3.` for a whole number. */
function writePositional(value: number, coarsest: number, finest: number): string {
  const { digits, position } = roundToDecimal(Math.abs(value), coarsest, finest);
  const all = (digits + '0'.repeat(Math.max(position, 0))).padStart(1 - position, '0');
  const point = all.length + Math.min(position, 0);
  return `${signOf(value)}${all.slice(0, point)}.${all.slice(point).replace(/0+$/, '')}`;
}

/** `1.25e+01` with at least `fewest` and at most `most` digits behind the point. */
function writeScientific(value: number, fewest: number, most: number): string {
  const magnitude = Math.abs(value);
  const leading = leadingPosition(magnitude);
  const { digits, position } = roundToDecimal(magnitude, leading - fewest, leading - most);
  // Rounding may have carried into one digit more, so the exponent is taken from the outcome.
  const exponent = position + digits.length - 1;
  const fraction = digits.slice(1).replace(/0+$/, '').padEnd(fewest, '0');
  const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return `${signOf(value)}${digits[0]}.${fraction}e${power}`;
}

function signOf(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : '';
}

/** The power of ten of the first digit; exact, as no float32 is so close to a power of ten that a double prints as it. */
function leadingPosition(magnitude: number): number {
  return Number(magnitude.toExponential().split('e')[1]);
}

/** Every float32 and every midpoint between two neighbours is a whole multiple of 2^-150, half the smallest float32. */
const FIXED_POINT_BITS = 150;

/**
 * The digits of a finite float32 from its first one down to 10^`position`: the fewest that no other float32 rounds
 * to, but at least down to `coarsest` and at most down to `finest`, where the rest is rounded, ties to even.
 *
 * Free-format printing in exact integers (Burger and Dybvig, "Printing Floating-Point Numbers Quickly and Accurately",
 * 1996). `toPrecision` cannot stand in: it rounds ties up, and misses the shorter digits that the wider gap above a
 * power of two allows.
 */
function roundToDecimal(magnitude: number, coarsest: number, finest: number): { digits: string; position: number } {
  if (magnitude === 0) return { digits: '0', position: 0 };

  const bits = new Uint32Array(Float32Array.of(magnitude).buffer)[0]!;
  const isEven = (bits & 1) === 0;
  // The exponent lies above 23 bits of fraction; subnormals (0) have the gaps of the first binade.
  const binade = Math.max(bits >>> 23, 1);
  const isPowerOfTwo = bits << 9 === 0 && binade > 1;

  let position = Math.max(leadingPosition(magnitude), finest);
  const unit = (10n ** BigInt(Math.max(position, 0))) << BigInt(FIXED_POINT_BITS);
  const scale = 10n ** BigInt(Math.max(-position, 0));
  let rest = BigInt(magnitude * 2 ** FIXED_POINT_BITS) * scale;
  // What rounds to this float32: half a gap to either side, the ends included when its last bit is even.
  let above = scale << BigInt(binade - 1);
  let below = isPowerOfTwo ? above / 2n : above;

  let digits = 0n;
  for (;;) {
    digits = digits * 10n + rest / unit;
    rest %= unit;
    const down = isEven ? rest <= below : rest < below;
    const up = isEven ? rest + above >= unit : rest + above > unit;
    if (((down || up) && position <= coarsest) || position === finest) {
      const nearerUp = rest * 2n > unit || (rest * 2n === unit && digits % 2n === 1n);
      if (down === up ? nearerUp : up) digits += 1n;
      return { digits: digits.toString(), position };
    }
    rest *= 10n;
    above *= 10n;
    below *= 10n;
    position -= 1;
  }
}
