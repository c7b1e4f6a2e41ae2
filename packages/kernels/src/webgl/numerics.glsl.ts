/**
 * Mathematics that GLSL gets wrong near 0, far out, or for special values, for use in shader bodies.
 *
 * `exp(x) - 1` and `log(1 + x)` lose all digits near 0 and the usual corrections fail because shader exp and log are not
 * correctly rounded; `exp(NaN)` may be Infinity, `max(NaN, 0)` 0, `log(Infinity)` 88.7 and `pow(0, -1)` finite. Shader
 * exp loses a digit for every ten of x, and pow for every ten powers of two of its result. Short polynomials, exact
 * powers of two mend that.
 *
 * The rule for every shader: rely on nothing that GLSL lets a compiler change. `x <= 0.0 ? 0.0 : x` may become a maximum,
 * which loses NaN; a comparison may be turned round, so that NaN falls to its other side; `x - x`, `x * 0.0` and `x / x`
 * may be folded. So ask for NaN first, `isnan(x) ? x : …`, and for infinities by `isinf(x)`, which look at bits.
 */
export const numerics = `
float infinity() { return uintBitsToFloat(0x7f800000u); }
float notANumber() { return uintBitsToFloat(0x7fc00000u); }
bool isNegative(float x) { return floatBitsToInt(x) < 0; } // also of -0
float twoToThe(float n) { return intBitsToFloat((int(n) + 127) << 23); }
float exponential(float x) {
  if (isnan(x)) return x;
  float bounded = clamp(x, -104.0, 89.0); // beyond, float32 has only 0 and Infinity
  float n = floor(bounded * 1.44269504 + 0.5);
  float rest = (bounded - n * 0.693359375) + n * 2.12194440e-4; // log(2) in two parts, so that little is rounded away
  float lower = floor(n * 0.5);
  return exp(rest) * twoToThe(lower) * twoToThe(n - lower);
}
float logarithm(float x) {
  if (isnan(x)) return x;
  if (x < 0.0) return notANumber();
  return x == 0.0 ? -infinity() : isinf(x) ? x : log(x);
}
float expMinus1(float x) {
  if (isnan(x)) return x;
  if (abs(x) < 0.35) {
    return x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0
      + x * (1.0 / 720.0 + x * (1.0 / 5040.0)))))));
  }
  return exponential(x) - 1.0;
}
float logPlus1(float x) {
  if (isnan(x)) return x;
  if (abs(x) < 0.25) {
    float s = x / (2.0 + x);
    float q = s * s;
    return 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0)))));
  }
  return logarithm(1.0 + x);
}
float hyperbolicTangent(float x) {
  if (isnan(x)) return x;
  float m = abs(x);
  if (m < 0.3) {
    float q = x * x;
    return x * (1.0 + q * (-1.0 / 3.0 + q * (2.0 / 15.0 + q * (-17.0 / 315.0 + q * (62.0 / 2835.0)))));
  }
  float e = exp(-2.0 * m);
  float t = (1.0 - e) / (1.0 + e);
  return x < 0.0 ? -t : t;
}
float logistic(float x) {
  if (isnan(x)) return x;
  float e = exponential(-abs(x));
  return x < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
}
float power(float x, float e) {
  if (e == 0.0) return 1.0;
  if (isnan(x)) return x;
  bool whole = floor(e) == e;
  if (whole && abs(e) <= 8.0) {
    float factor = e < 0.0 ? 1.0 / x : x;
    float product = factor;
    for (int i = 1; i < 8; i++) if (float(i) < abs(e)) product *= factor;
    return product;
  }
  float size = abs(x);
  if (x < 0.0 && !isinf(x) && !whole) return notANumber();
  if (e == 0.5) return sqrt(size);
  float m = size == 0.0 || isinf(x) ? ((size == 0.0) == (e > 0.0) ? 0.0 : infinity()) : pow(size, e);
  return isNegative(x) && whole && mod(e, 2.0) != 0.0 ? -m : m;
}
float softPlus(float x) {
  if (isnan(x)) return x;
  return (x > 0.0 ? x : 0.0) + logPlus1(exponential(-abs(x)));
}
`;

const called = new RegExp(`\\b(${[...numerics.matchAll(/^\w+ (\w+)\(/gm)].map(([, name]) => name).join('|')})\\(`);

/** The functions above for GLSL that calls one of them; nothing for what does without, and for the devices that lack them. */
export const numericsFor = (text: string): string => (called.test(text) ? numerics : '');
