// float16 and bfloat16 as bits of float32, so that every value, NaN payloads included, survives a round trip.
const F32_MANTISSA = 23;
const F16_MANTISSA = 10;
const BIAS_DIFFERENCE = 127 - 15;

/** IEEE float16 to float32, exactly. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = widenHalf(bits[i]!);
  return new Float32Array(words.buffer);
}

/** float32 to IEEE float16, to nearest, ties to even. */
export function toFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, narrowHalf);
}

/** bfloat16, the upper half of float32, to float32, exactly. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/** float32 to bfloat16, to nearest, ties to even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | (word & 0x007f0000 ? 0 : 1); // NaN stays NaN
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> F16_MANTISSA) & 0x1f;
  let mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << (F32_MANTISSA - F16_MANTISSA));
  if (exponent > 0)
    return sign | ((exponent + BIAS_DIFFERENCE) << F32_MANTISSA) | (mantissa << (F32_MANTISSA - F16_MANTISSA));
  if (mantissa === 0) return sign;
  // A subnormal half is a normal float32: shift until its leading bit becomes the implicit one.
  let shifts = 0;
  for (; (mantissa & 0x400) === 0; shifts++) mantissa <<= 1;
  return (
    sign | ((BIAS_DIFFERENCE + 1 - shifts) << F32_MANTISSA) | ((mantissa & 0x3ff) << (F32_MANTISSA - F16_MANTISSA))
  );
}

function narrowHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff) || sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and more
  const exponent = (magnitude >>> F32_MANTISSA) - BIAS_DIFFERENCE;
  if (exponent < -F16_MANTISSA) return sign; // below half of the smallest subnormal
  if (exponent > 0) return sign | roundedShift(magnitude - (BIAS_DIFFERENCE << F32_MANTISSA), 13);
  return sign | roundedShift((magnitude & 0x7fffff) | 0x800000, 14 - exponent);
}

/** value / 2^bits to nearest, ties to even; a carry moves on into the exponent, as it should. */
function roundedShift(value: number, bits: number): number {
  const half = 2 ** (bits - 1);
  const rest = value % 2 ** bits;
  const whole = Math.floor(value / 2 ** bits);
  return whole + (rest > half || (rest === half && whole % 2 === 1) ? 1 : 0);
}
