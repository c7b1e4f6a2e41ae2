import type { Range } from '@tessera-nn/core/internal';
import { lengthOf, type Floats, type Quantization, type Tensor } from '../graph/tensor.js';

const [LEAST, LARGEST] = [-128, 127];

const clamped = (value: number): number => Math.max(LEAST, Math.min(LARGEST, value));

/** Whole numbers for a range and 0, which stands for itself. Source: the quantization specification of TFLite. */
export function quantizationOf({ low, high }: Range): Quantization {
  const [least, largest] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((largest - least) / (LARGEST - LEAST)) || 1;
  return { scales: [scale], zeroPoint: clamped(Math.round(LEAST - least / scale)) };
}

export const rangeOfNumbers = (numbers: Float32Array): Range =>
  numbers.reduce(({ low, high }, value) => ({ low: Math.min(low, value), high: Math.max(high, value) }), {
    low: 0,
    high: 0,
  });

/** Numbers of one scale as int8. */
export function asInt8(numbers: Floats, quantization: Quantization): Tensor {
  const { scales, zeroPoint } = quantization;
  const data = Int8Array.from(numbers.data, (value) => clamped(Math.round(value / scales[0]!) + zeroPoint));
  return { ...numbers, type: 'int8', data, quantization };
}

/** Weights as int8, with a scale for each place along an axis, and 0 in the middle. */
export function weightsAsInt8(weights: Floats, axis: number): Tensor & { quantization: Quantization } {
  const inner = weights.shape.slice(axis + 1).reduce<number>((product, size) => product * lengthOf(size), 1);
  const count = lengthOf(weights.shape[axis]!);
  const placeOf = (i: number) => Math.floor(i / inner) % count;
  const largest = new Float32Array(count);
  weights.data.forEach((value, i) => {
    largest[placeOf(i)] = Math.max(largest[placeOf(i)]!, Math.abs(value));
  });
  const scales = Array.from(largest, (value) => Math.fround(value / LARGEST) || 1);
  const data = Int8Array.from(weights.data, (value, i) => Math.round(value / scales[placeOf(i)]!));
  return { ...weights, type: 'int8', data, quantization: { scales, zeroPoint: 0, axis } };
}

/** A bias in units of what its operator sums: products of an input and a weight. */
export function biasAsInt32(bias: Floats, inputScale: number, weightScales: readonly number[]): Tensor {
  const scales = weightScales.map((scale) => Math.fround(scale * inputScale));
  const data = Int32Array.from(bias.data, (value, map) => Math.round(value / scales[map]!));
  return { ...bias, type: 'int32', data, quantization: { scales, zeroPoint: 0, axis: 0 } };
}
