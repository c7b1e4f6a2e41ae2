import { checkShapes } from './check-module.js';
import { AutogradError, shapeText, ShapeError, TesseraError, type Shapes } from '@tessera-nn/kernels';
import { isShapeList, shapeOf } from './data.js';
import type { AnyModule } from './module.js';

/**
 * The shape of the input's gradient, for the shape of one of the output. Several inputs may give one output, so what the
 * module was run on last says which it is; the batch may be another. What keeps shapes needs no run.
 */
export function gradShapeFrom(module: AnyModule, shape: Shapes): Shapes {
  checkShapes(shape, module);
  const last = module.inData ? shapeOf(module.inData) : undefined;
  const candidates = last ? [withBatchOf(shape, last), shape] : [shape];
  const found = candidates.find((candidate) => shapeAfter(module, candidate) === shapeText(shape));
  if (found) return found;
  const problem = `${module.label}: it is not known which input gives this output`;
  if (!last) throw new AutogradError(problem, { path: module.path, hint: 'Call forward() first' });
  throw new ShapeError(problem, {
    path: module.path,
    expected: `an output such as that of the last input ${shapeText(last)}: ${shapeAfter(module, last)}`,
    received: shapeText(shape),
  });
}

/** What comes out for an input, as text; undefined for one that does not fit. */
function shapeAfter(module: AnyModule, shape: Shapes): string | undefined {
  try {
    return shapeText(module.shapeAfter(shape));
  } catch (error) {
    if (error instanceof TesseraError) return undefined;
    throw error;
  }
}

function withBatchOf(shape: Shapes, last: Shapes): Shapes {
  if (isShapeList(last)) return last.map((inner) => withBatchOf(shape, inner));
  const batch = firstOf(shape);
  return batch === undefined ? last : [batch, ...last.slice(1)];
}

const firstOf = (shape: Shapes): number | undefined =>
  isShapeList(shape) ? (shape[0] === undefined ? undefined : firstOf(shape[0])) : shape[0];
