import { gather, takeAlongAxis } from '@tessera-nn/core';
import { lengthOf, moved, type HostArray } from '../host-array.js';
import type { NodeReading } from '../node-reading.js';
import { operator, type Operator } from '../operator.js';
import { axisIn } from '../shape-rules.js';
import { Constant, type Value } from '../value.js';

/** Indices that are known are counted from the front; those below 0 are counted from the end in files. */
function fromFront(at: NodeReading): Value[] {
  const [x, indices] = [at.input(0), at.input(1)];
  if (!(indices instanceof Constant)) return [x, indices];
  const given = at.numbers(1);
  if (given.every((index) => index >= 0)) return [x, indices];
  const [size] = at.settled([at.shape(0)[at.axis(at.int('axis', 0))]!]) as [number];
  const values = given.map((index) => (index < 0 ? index + size : index));
  return [x, new Constant({ ...indices.array, values }, false)];
}

const gatheredShape = (shape: readonly number[], indices: readonly number[], axis: number): number[] => {
  const at = axisIn(axis, shape.length);
  return [...shape.slice(0, at), ...indices, ...shape.slice(at + 1)];
};

function gatheredOnHost(x: HostArray, indices: HostArray, axis: number): HostArray | undefined {
  const at = axisIn(axis, x.shape.length);
  const [inner, size, count] = [lengthOf(x.shape.slice(at + 1)), x.shape[at]!, indices.values.length];
  if (!Array.from(indices.values).every((index) => typeof index === 'number' && index < size)) return undefined;
  return moved(x, gatheredShape(x.shape, indices.shape, axis), (place) => {
    const [outer, which] = [Math.floor(place / (inner * count)), Math.floor(place / inner) % count];
    return (outer * size + (indices.values[which] as number)) * inner + (place % inner);
  });
}

export const indexOperators: Record<string, Operator> = {
  Gather: operator<{ axis: number }>({
    attrs: (at) => ({ axis: at.int('axis', 0) }),
    inputs: fromFront,
    shape: ([shape, indices], { axis }) => gatheredShape(shape!, indices!, axis),
    run: ([x, indices], { axis }) => gather(x!, indices!, axis),
    fold: ([x, indices], { axis }) => gatheredOnHost(x!, indices!, axis),
  }),
  GatherElements: operator<{ axis: number }>({
    attrs: (at) => ({ axis: at.int('axis', 0) }),
    inputs: fromFront,
    shape: ([, indices]) => indices!,
    run: ([x, indices], { axis }) => takeAlongAxis(x!, indices!, axis),
  }),
};
