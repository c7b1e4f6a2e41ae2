/**
 * Mathematics that GLSL gets wrong near 0, far out, or for special values, as functions of vec4 that use each other.
 *
 * `exp(x) - 1` and `log(1 + x)` lose all digits near 0 and the usual corrections fail because shader exp and log are not
 * correctly rounded; `exp(NaN)` may be Infinity, `max(NaN, 0)` 0 and `pow(0, -1)` finite. Shader exp loses a digit for
 * every ten of x, log has few near 1, and pow loses one for every ten powers of two of its result. Short polynomials and
 * exact powers of two mend that.
 *
 * The rule for every shader: rely on nothing that GLSL lets a compiler change. `x <= 0.0 ? 0.0 : x` may become a maximum,
 * which loses NaN; a comparison may be turned round, so that NaN falls to its other side; `x - x`, `x * 0.0` and `x / x`
 * may be folded. So NaN and infinities are asked for by `isnan` and `isinf` of the launcher, which look at bits.
 */
const functions: Readonly<Record<string, string>> = {
  eitherNaN: 'bvec4 eitherNaN(vec4 a, vec4 b) { return notEqual(uvec4(isnan(a)) | uvec4(isnan(b)), uvec4(0u)); }',
  infinity: 'float infinity() { return uintBitsToFloat(0x7f800000u); }',
  notANumber: 'float notANumber() { return uintBitsToFloat(0x7fc00000u); }',
  twoToThe: 'vec4 twoToThe(vec4 n) { return intBitsToFloat((ivec4(n) + 127) << 23); }',
  smaller: 'vec4 smaller(vec4 a, vec4 b) { return mix(min(a, b), a + b, eitherNaN(a, b)); }',
  larger: 'vec4 larger(vec4 a, vec4 b) { return mix(max(a, b), a + b, eitherNaN(a, b)); }',
  squareRoot: `vec4 squareRoot(vec4 x) {
  return mix(mix(sqrt(x), vec4(notANumber()), lessThan(x, vec4(0.0))), x, isnan(x));
}`,
  exponential: `vec4 exponential(vec4 x) {
  vec4 bounded = clamp(x, -104.0, 89.0); // beyond, float32 has only 0 and Infinity
  vec4 n = floor(bounded * 1.44269504 + 0.5);
  vec4 rest = (bounded - n * 0.693359375) + n * 2.12194440e-4; // log(2) in two parts, so that little is rounded away
  vec4 lower = floor(n * 0.5);
  return mix(exp(rest) * twoToThe(lower) * twoToThe(n - lower), x, isnan(x));
}`,
  logarithm: `vec4 logarithm(vec4 x) {
  bvec4 isSmall = lessThan(x, vec4(1.17549435e-38));
  ivec4 bits = floatBitsToInt(mix(x, x * 8388608.0, isSmall));
  ivec4 turns = (bits - 0x3f3504f3) >> 23; // x is m times two to these, with m between sqrt(1 / 2) and sqrt(2)
  vec4 m = intBitsToFloat(bits - (turns << 23));
  vec4 s = (m - 1.0) / (m + 1.0);
  vec4 q = s * s;
  vec4 near = 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0)))));
  vec4 ordinary = near + (vec4(turns) - mix(vec4(0.0), vec4(23.0), isSmall)) * 0.69314718;
  vec4 special = mix(vec4(notANumber()), x, equal(floatBitsToInt(x), ivec4(0x7f800000)));
  special = mix(special, vec4(-infinity()), equal(x, vec4(0.0)));
  bvec4 isOrdinary = lessThan(floatBitsToUint(x) - 1u, uvec4(0x7f7fffffu)); // above 0, and finite
  return mix(special, ordinary, isOrdinary);
}`,
  expMinus1: `vec4 expMinus1(vec4 x) {
  vec4 near = x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0
    + x * (1.0 / 720.0 + x * (1.0 / 5040.0)))))));
  return mix(exponential(x) - 1.0, near, lessThan(abs(x), vec4(0.35)));
}`,
  logPlus1: `vec4 logPlus1(vec4 x) {
  vec4 s = x / (2.0 + x);
  vec4 q = s * s;
  vec4 near = 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0)))));
  return mix(logarithm(1.0 + x), near, lessThan(abs(x), vec4(0.25)));
}`,
  powerOf: `float powerOf(float x, float e) {
  if (e == 0.0) return 1.0;
  if (isnan(x)) return x;
  if (isnan(e)) return e;
  float size = abs(x);
  if (isinf(e)) return size == 1.0 ? notANumber() : (size > 1.0) == (e > 0.0) ? infinity() : 0.0;
  bool whole = floor(e) == e;
  if (whole && abs(e) <= 8.0) {
    float factor = e < 0.0 ? 1.0 / x : x;
    float product = factor;
    for (int i = 1; i < 8; i++) if (float(i) < abs(e)) product *= factor;
    return product;
  }
  if (x < 0.0 && !isinf(x) && !whole) return notANumber();
  if (e == 0.5) return sqrt(size);
  float m = size == 0.0 || isinf(x) ? ((size == 0.0) == (e > 0.0) ? 0.0 : infinity()) : pow(size, e);
  bool isNegative = floatBitsToInt(x) < 0; // also of -0
  return isNegative && whole && floor(e * 0.5) * 2.0 != e ? -m : m;
}`,
  power: `vec4 power(vec4 x, vec4 e) {
  return vec4(powerOf(x.x, e.x), powerOf(x.y, e.y), powerOf(x.z, e.z), powerOf(x.w, e.w));
}`,
  product64: `uvec2 product64(uint a, uint b) {
  uint cross1 = (a >> 16) * (b & 0xffffu);
  uint cross2 = (a & 0xffffu) * (b >> 16);
  uint low = (a & 0xffffu) * (b & 0xffffu);
  uint middle = (low >> 16) + (cross1 & 0xffffu) + (cross2 & 0xffffu);
  return uvec2((a >> 16) * (b >> 16) + (cross1 >> 16) + (cross2 >> 16) + (middle >> 16), a * b);
}`,
  // The bits of 2 / pi that matter are those that x does not shift to multiples of four quarters.
  farTurns: `const uint twoByPi[7] = uint[7](0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u,
  0xfe5163abu);
uint twoByPiFrom(int bit) {
  uint word = twoByPi[bit >> 5];
  uint next = twoByPi[(bit >> 5) + 1];
  int shift = bit & 31;
  return shift == 0 ? word : (word << shift) | (next >> (32 - shift));
}
float farTurns(float x, inout int quarter) {
  uint bits = floatBitsToUint(x);
  if (bits >= 0x7f800000u) return notANumber();
  int first = int(bits >> 23) - 152;
  uint m = (bits & 0x7fffffu) | 0x800000u;
  uint high = first < 0 ? twoByPiFrom(0) >> -first : twoByPiFrom(first);
  uvec2 middle = product64(m, first < 0 ? twoByPiFrom(32 + first) : twoByPiFrom(first + 32));
  uvec2 low = product64(m, first < 0 ? twoByPiFrom(64 + first) : twoByPiFrom(first + 64));
  uint next = middle.y + low.x;
  uint turns = m * high + middle.x + (next < low.x ? 1u : 0u);
  int rest = int((turns << 2) | (next >> 30)); // of a quarter, between -1 / 2 and 1 / 2
  quarter = int(turns >> 30) + (rest < 0 ? 1 : 0);
  return float(rest) * 3.6572982e-10;
}`,
  // Quarter turns and what is left of x, from 0 on: pi / 2 in three parts, so that little is rounded away.
  partedTurns: `vec4 partedTurns(vec4 x, out ivec4 quarter) {
  vec4 turns = roundEven(x * 0.63661977);
  quarter = ivec4(turns);
  vec4 rest = ((x - turns * 1.5703125) - turns * 4.837512969970703e-4) - turns * 7.54979e-8;
  bvec4 isNear = lessThanEqual(x, vec4(8192.0));
  if (!isNear.x) rest.x = farTurns(x.x, quarter.x);
  if (!isNear.y) rest.y = farTurns(x.y, quarter.y);
  if (!isNear.z) rest.z = farTurns(x.z, quarter.z);
  if (!isNear.w) rest.w = farTurns(x.w, quarter.w);
  return rest;
}`,
  waveOf: `vec4 waveOf(vec4 r, ivec4 quarter) {
  vec4 q = r * r;
  vec4 odd = r + r * q * (-1.0 / 6.0 + q * (1.0 / 120.0 + q * (-1.0 / 5040.0 + q * (1.0 / 362880.0))));
  vec4 even = 1.0 + q * (-0.5 + q * (1.0 / 24.0 + q * (-1.0 / 720.0 + q * (1.0 / 40320.0 - q * (1.0 / 3628800.0)))));
  vec4 wave = mix(odd, even, notEqual(quarter & 1, ivec4(0)));
  return mix(wave, -wave, notEqual(quarter & 2, ivec4(0)));
}`,
  sine: `vec4 sine(vec4 x) {
  ivec4 quarter;
  vec4 rest = partedTurns(abs(x), quarter);
  vec4 right = waveOf(rest, quarter);
  return mix(right, -right, lessThan(floatBitsToInt(x), ivec4(0)));
}`,
  cosine: `vec4 cosine(vec4 x) {
  ivec4 quarter;
  vec4 rest = partedTurns(abs(x), quarter);
  return waveOf(rest, quarter + 1);
}`,
};

/** The functions that a text calls, with those that they call, in an order that GLSL can read. */
export function functionsUsed(text: string): string {
  let used = '';
  for (const [name, body] of Object.entries(functions).reverse()) {
    if (new RegExp(`\\b${name}\\(`).test(text + used)) used = `${body}\n${used}`;
  }
  return used;
}
