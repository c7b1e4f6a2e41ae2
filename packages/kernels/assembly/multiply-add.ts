// The product that every inner loop adds up.

/**
 * sum + a b: rounded once where the module is compiled with relaxed SIMD and the machine has the instruction, which then
 * does twice as much in the same time; rounded twice elsewhere.
 */
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, sum) : f32x4.add(sum, f32x4.mul(a, b));
}
