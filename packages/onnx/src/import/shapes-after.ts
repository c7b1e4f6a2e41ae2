import type { AnyModule, Shapes } from '@tessera-nn/core';
import { BatchSize } from '@tessera-nn/core/internal';
import { FREE, type OpenSize } from './host-array.js';
import type { OpenShape } from './value.js';

/** Two batches show what grows with them. */
const [FIRST_BATCH, SECOND_BATCH] = [2, 3];

/** Sizes that stand for an open one. Many powers of 2 are in both, so that poolings and splits go on evenly. */
const [FREE_SIZE, OTHER_FREE_SIZE] = [256, 320];

const settled = (shape: OpenShape, batch: number, free: number): number[] =>
  shape.map((size) => {
    if (size instanceof BatchSize) return size.each * batch + size.more;
    return size === FREE ? free : size;
  });

/**
 * The shapes that a module returns for shapes that may follow the batch, by its own rule: what changes with the batch
 * follows it, and what changes with an open size is open.
 */
export function shapesAfter(module: AnyModule, shapes: readonly OpenShape[]): readonly OpenShape[] {
  const after = (batch: number, free: number): (readonly number[])[] => {
    const given = shapes.map((shape) => settled(shape, batch, free));
    const result: Shapes = module.shapeAfter(given.length === 1 ? given[0]! : given, given.length > 1);
    return Array.isArray(result[0]) ? (result as number[][]) : [result as number[]];
  };
  const has = (kind: (size: OpenSize) => boolean) => shapes.some((shape) => shape.some(kind));
  const first = after(FIRST_BATCH, FREE_SIZE);
  const second = has((size) => size instanceof BatchSize) ? after(SECOND_BATCH, FREE_SIZE) : first;
  const other = has((size) => size === FREE) ? after(FIRST_BATCH, OTHER_FREE_SIZE) : first;
  return first.map((shape, i) => shape.map((size, axis) => sizeOf(size, second[i]![axis]!, other[i]![axis]!)));
}

function sizeOf(first: number, second: number, other: number): OpenSize {
  if (first !== other) return FREE;
  if (first === second) return first;
  const each = (second - first) / (SECOND_BATCH - FIRST_BATCH);
  return new BatchSize(each, first - each * FIRST_BATCH);
}
