import { ShapeError } from './errors.js';

/** A shape, or the shapes of a list, which may hold lists. */
export type Shapes = readonly number[] | readonly Shapes[];

/** A shape as messages and tables show it: `[2, 3]`, or `[[2, 3], [2, 5]]` for a list. */
export function shapeText(shape: Shapes): string {
  const parts = shape as readonly (number | Shapes)[];
  return `[${parts.map((part) => (typeof part === 'number' ? part : shapeText(part))).join(', ')}]`;
}

/** Whether rank and sizes are the same; a missing shape is like no other. */
export function sameShape(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a === b || (a?.length === b?.length && a!.every((size, axis) => size === b![axis]));
}

/** How many elements an array of that shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The sizes of a batch of images as they lie in memory, or of a filter: `[batch, height, width, maps]`, `[height, width, from, to]`. */
export function imageShape(shape: readonly number[]): [number, number, number, number] {
  if (shape.length === 4) return [...shape] as [number, number, number, number];
  throw new ShapeError('A shape of four axes was expected', { received: shapeText(shape) });
}
