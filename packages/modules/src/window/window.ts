import { ValueError, type Module } from '@tessera-nn/core';
import { positions } from '@tessera-nn/kernels';

/** One number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

/** Both numbers of a Pair. @throws ValueError below `least`. */
export function pair(module: Module, name: string, value: Pair, least: number): readonly [number, number] {
  const both: readonly number[] = typeof value === 'number' ? [value, value] : value;
  if (both.length !== 2 || both.some((n) => !Number.isInteger(n) || n < least)) {
    throw new ValueError(`${module.label}: ${name} does not fit two axes`, {
      path: module.path,
      expected: `a whole number from ${least}, or two of them`,
      received: JSON.stringify(value),
    });
  }
  return both as readonly [number, number];
}

/** Refuses what does not count something. */
export function checkCounts(module: Module, counts: Record<string, number>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new ValueError(`${module.label}: ${name} is a count`, {
      path: module.path,
      expected: 'a whole number from 1',
      received: String(value),
    });
  }
}

/** A window that moves over the images of a module; pads are the same on both sides of an axis. */
export interface Window {
  size: readonly [number, number];
  stride: readonly [number, number];
  pad: readonly [number, number];
  dilation: readonly [number, number];
}

/** [height, width] of what a window gives for images of [batch, maps, height, width], or undefined if it does not fit. */
export function windowPositions(shape: readonly number[], { size, stride, pad, dilation }: Window) {
  const fit = [0, 1].map((i) => positions(shape[i + 2]!, size[i]!, stride[i]!, 2 * pad[i]!, dilation[i]!));
  return fit.every((count) => count > 0) ? (fit as [number, number]) : undefined;
}

/** The window as kernels take it. */
export function windowGeometry({ stride, pad, dilation }: Window) {
  return { strides: stride, pads: [pad[0], pad[0], pad[1], pad[1]] as const, dilations: dilation };
}

/** A Pair as printed: one number when both are the same. */
export function shownPair([a, b]: readonly [number, number]): string {
  return a === b ? String(a) : `[${a}, ${b}]`;
}
