import { concatTensors, ShapeError, shapeText, splitTensor } from '@tessera-nn/kernels';
import { checkList } from '@tessera-nn/kernels/internal';
import { zeros as zerosTensor, type Tensor } from '@tensorflow/tfjs-core';
import { defineListOp, type ListOp } from '../autograd/list-op.js';
import { fromFront } from '../layout.js';
import { Storage } from '../memory/storage.js';
import { checkVariableList, checkVariables, newVariable } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';

const concatOp = defineListOp({
  name: 'concat',
  layout: 'any',
  forward: (tensors, { axis }: { axis: number }, { channelAxis }) => concatTensors(tensors, channelAxis(axis)),
  gradients: ([g], { attrs: { axis }, inputShapes }) => {
    const sizes = inputShapes.map((shape) => shape[axis]!);
    return splitOp([g!], { axis, sizes }).map((part) => () => part);
  },
});

interface SplitAttrs {
  axis: number;
  sizes: readonly number[];
}

const splitOp: ListOp<SplitAttrs, Tensor[]> = defineListOp<SplitAttrs, Tensor[]>({
  name: 'split',
  layout: 'any',
  forward: ([x], { axis, sizes }, { channelAxis }) => splitTensor(x!, sizes, channelAxis(axis)),
  gradients: (grads, { attrs: { axis, sizes }, inputShapes: [shape] }) => [
    () =>
      concatOp(
        sizes.map((size, i) => grads[i] ?? zeros(resized(shape!, axis, size))),
        { axis },
      ),
  ],
});

const zeros = (shape: readonly number[]) =>
  newVariable(new Storage(zerosTensor([...shape]), 'logical', { op: 'split', call: undefined }));

const resized = (shape: readonly number[], axis: number, size: number) =>
  shape.map((old, place) => (place === axis ? size : old));

/** Who refuses shapes, for the message. */
export interface Refuser {
  readonly label: string;
  readonly path: string;
}

/**
 * Variables one behind the other along an axis, which is counted from the end where it is negative.
 *
 * Shapes: the same but for that axis, whose sizes add up. Source: `torch.cat`.
 * @throws ShapeError when there are none, or they do not fit together.
 */
export function concat(variables: readonly Variable[], axis = 0): Variable {
  checkVariableList(variables, 'concat');
  const { length } = concatShape(
    variables.map(({ shape }) => shape),
    axis,
  );
  return variables.length === 1 ? variables[0]!.alias() : concatOp(variables, { axis: fromFront(axis, length) });
}

/** The shape of a concat of such shapes. @throws ShapeError as `concat`. */
export function concatShape(
  shapes: readonly (readonly number[])[],
  axis: number,
  { label, path }: Refuser = { label: 'concat', path: 'concat' },
): number[] {
  const [first = []] = shapes;
  const at = fromFront(axis, first.length);
  const fits = (shape: readonly number[]) =>
    shape.length === first.length && shape.every((size, place) => place === at || size === first[place]);
  if (shapes.length > 0 && at in first && shapes.every(fits)) {
    return resized(
      first,
      at,
      shapes.reduce((sum, shape) => sum + shape[at]!, 0),
    );
  }
  const lacks = shapes.length > 0 && !(at in first);
  throw new ShapeError(
    `${label}: ${lacks ? `there is no axis ${axis}` : `what is joined along axis ${axis} must be alike elsewhere`}`,
    {
      path,
      expected: lacks
        ? `an axis from ${-first.length} to ${first.length - 1}`
        : shapes.length > 0
          ? `shapes as ${shapeText(first)}, but for axis ${axis}`
          : 'at least one Variable',
      received: shapes.map(shapeText).join(' and ') || 'none',
    },
  );
}

/**
 * A Variable cut into pieces of the given sizes along an axis, which is counted from the end where it is negative.
 *
 * Source: `torch.split` with a list of sizes.
 * @throws ShapeError when the sizes do not add up to that of the axis.
 */
export function split(x: Variable, sizes: readonly number[], axis = 0): Variable[] {
  checkVariables([x], 'split');
  checkList(sizes, 'split', 'the sizes of the pieces');
  splitShapes(x.shape, sizes, axis);
  return sizes.length === 1 ? [x.alias()] : splitOp([x], { axis: fromFront(axis, x.rank), sizes });
}

/** The shapes of the pieces of a split. @throws ShapeError as `split`. */
export function splitShapes(
  shape: readonly number[],
  sizes: readonly number[],
  axis: number,
  { label, path }: Refuser = { label: 'split', path: 'split' },
): number[][] {
  const at = fromFront(axis, shape.length);
  const whole = sizes.length > 0 && sizes.every((size) => Number.isInteger(size) && size >= 0);
  if (whole && sizes.reduce((sum, size) => sum + size, 0) === shape[at]) {
    return sizes.map((size) => resized(shape, at, size));
  }
  throw new ShapeError(`${label}: the pieces along axis ${axis} must make up that axis`, {
    path,
    expected: at in shape ? `whole sizes that add up to ${shape[at]}` : `an axis of ${shapeText(shape)}`,
    received: `[${sizes.join(', ')}] for ${shapeText(shape)}`,
  });
}
