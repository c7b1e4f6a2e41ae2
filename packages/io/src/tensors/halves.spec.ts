import { expect } from 'chai';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './halves.js';

const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** float16 by its definition, in float64. */
function meaning(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

describe('float16', () => {
  it('is widened as its definition says, for all 65536', () => {
    const wide = fromFloat16(all);
    for (let bits = 0; bits < 65536; bits++) expect(wide[bits], `0x${bits.toString(16)}`).to.deep.equal(meaning(bits));
  });

  it('comes back to the bit, NaN payloads included', () => {
    expect(toFloat16(fromFloat16(all))).to.deep.equal(all);
  });

  it('is rounded to nearest, ties to even', () => {
    const cases: [number, number][] = [
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
      [65519, 65504],
      [65520, Infinity],
      [-1e30, -Infinity],
      [2 ** -25, 0],
      [2 ** -25 * 1.001, 2 ** -24],
      [-(2 ** -24) * 1.5, -(2 ** -23)],
      [2 ** -14 - 2 ** -25, 2 ** -14],
      [1e-30, 0],
    ];
    for (const [value, expected] of cases)
      expect(fromFloat16(toFloat16(Float32Array.of(value)))[0], String(value)).to.equal(expected);
  });
});

describe('bfloat16', () => {
  it('is the upper half of a float32, and comes back to the bit', () => {
    expect(new Uint32Array(fromBfloat16(Uint16Array.of(0x3fc0)).buffer)[0]).to.equal(0x3fc00000);
    expect(toBfloat16(fromBfloat16(all))).to.deep.equal(all);
  });

  it('is rounded to nearest, ties to even, and keeps NaN', () => {
    const bits = [0x3f808000, 0x3f818000, 0x3f808001, 0x7f7fffff, 0x7f800001];
    const rounded = toBfloat16(new Float32Array(Uint32Array.from(bits).buffer));
    expect([...rounded]).to.deep.equal([0x3f80, 0x3f82, 0x3f81, 0x7f80, 0x7f81]);
  });
});
