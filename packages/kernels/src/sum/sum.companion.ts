import { util, type Tensor } from '@tensorflow/tfjs-core';
import type { CompanionArguments } from '../wasm/companion.js';
import type { SumAttrs } from './sum-attrs.js';

const BYTES = 4; // of a float32

/** Neighbouring axes that are all summed, or all kept, count as one; each that is summed takes one pass, last first. */
export function sumCompanion(
  { functions, at, inputs, outputs: [out], scratch }: CompanionArguments<{ x: Tensor }>,
  { axes }: SumAttrs,
): void {
  const merged: { size: number; summed: boolean }[] = [];
  inputs.x.shape.forEach((size, axis) => {
    const summed = axes.includes(axis);
    const last = merged.at(-1);
    if (last?.summed === summed) last.size *= size;
    else merged.push({ size, summed });
  });
  const sizes = merged.map(({ size }) => size);
  const passes = merged.flatMap(({ summed }, place) => (summed ? [place] : [])).reverse();
  if (passes.length === 0) return functions.sumMiddle(at.x, util.sizeFromShape(sizes), 1, 1, out!);
  let from = at.x;
  passes.forEach((place, pass) => {
    const [outer, inner] = [util.sizeFromShape(sizes.slice(0, place)), util.sizeFromShape(sizes.slice(place + 1))];
    const to = pass === passes.length - 1 ? out! : scratch(BYTES * Math.max(1, outer * inner));
    functions.sumMiddle(from, outer, sizes[place]!, inner, to);
    sizes[place] = 1;
    from = to;
  });
}
