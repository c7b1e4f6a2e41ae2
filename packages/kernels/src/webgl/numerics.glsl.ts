/**
 * Mathematics that GLSL gets wrong near 0 or for special values, for use in shader bodies.
 *
 * `exp(x) - 1` and `log(1 + x)` lose all digits near 0 and the usual corrections fail because shader exp and log are not
 * correctly rounded; `exp(NaN)` may be Infinity and `max(NaN, 0)` may be 0. Short polynomials and comparisons that let
 * NaN fall through to itself mend that. `isnan` here is tfjs's own bit test, which drivers cannot optimise away.
 */
export const numerics = `
float expMinus1(float x) {
  if (isnan(x)) return x;
  if (abs(x) < 0.35) {
    return x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0
      + x * (1.0 / 720.0 + x * (1.0 / 5040.0)))))));
  }
  return exp(x) - 1.0;
}
float logPlus1(float x) {
  if (isnan(x)) return x;
  if (abs(x) < 0.25) {
    float s = x / (2.0 + x);
    float q = s * s;
    return 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0)))));
  }
  return log(1.0 + x);
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
  float e = exp(-abs(x));
  return x < 0.0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
}
float power(float x, float e) {
  if (isnan(x)) return x;
  if (e == 0.0) return 1.0;
  if (x >= 0.0) return pow(x, e);
  if (floor(e) != e) return uintBitsToFloat(0x7fc00000u);
  float m = pow(-x, e);
  return mod(e, 2.0) == 0.0 ? m : -m;
}
float softPlus(float x) {
  if (isnan(x)) return x;
  return (x > 0.0 ? x : 0.0) + logPlus1(exp(-abs(x)));
}
`;
