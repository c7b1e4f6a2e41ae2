import { checkVariables } from '../variable/new-variable.js';
import { ShapeError, shapeText } from '@tessera-nn/kernels';
import { checkNumbers } from '@tessera-nn/kernels/internal';
import type { Variable } from '../variable/variable.js';

type Shaped = Pick<Variable, 'shape'>;

/** @throws ShapeError unless the two broadcast: from the last axis on, sizes are equal or one of them is 1. */
export function checkBroadcast(op: string, a: Shaped, b: Shaped): void {
  if (!a?.shape || !b?.shape) checkVariables([a, b], op);
  const shared = Math.min(a.shape.length, b.shape.length);
  for (let back = 1; back <= shared; back++) {
    const [size, other] = [a.shape.at(-back)!, b.shape.at(-back)!];
    if (size !== other && size !== 1 && other !== 1) refuse(op, a.shape, b.shape);
  }
}

/** The shape of both together, which broadcast. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const [long, short] = a.length < b.length ? [b, a] : [a, b];
  const added = long.length - short.length;
  return long.map((size, axis) => (axis < added || size !== 1 ? size : short[axis - added]!));
}

/** @throws ShapeError unless x can be repeated to that shape. */
export function checkBroadcastsTo(x: Variable, shape: readonly number[]): void {
  checkVariables([x], 'broadcastTo');
  checkNumbers(shape, 'broadcastTo', 'a shape');
  const fits = x.shape.every((size, axis) => size === 1 || size === shape[axis + shape.length - x.shape.length]);
  if (!fits || x.shape.length > shape.length) refuse('broadcastTo', x.shape, shape);
}

function refuse(op: string, a: readonly number[], b: readonly number[]): never {
  throw new ShapeError(`${op}: the shapes do not broadcast`, {
    expected: 'equal sizes or 1 on each axis, counted from the last',
    received: `${shapeText(a)} and ${shapeText(b)}`,
  });
}
