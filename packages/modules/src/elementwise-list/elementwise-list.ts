import { Module, type Variable } from '@tessera-nn/core';
import { sameShape, shapeText } from '@tessera-nn/core/internal';

/** What modules share that combine a list of inputs of one shape element by element. */
export abstract class ElementwiseList extends Module<readonly Variable[], Variable> {
  override get takes() {
    return 'list' as const;
  }

  override dataShapeFrom(shapes: readonly (readonly number[])[]): number[] {
    const [first] = shapes;
    if (first && shapes.every((shape) => sameShape(shape, first))) return [...first];
    throw this.shapeError('the inputs must have one shape', {
      expected: first ? `${shapeText(first)} for each` : 'at least one input',
      received: shapes.map(shapeText).join(' and ') || 'an empty list',
      hint: 'Nothing is broadcast here: bring the inputs to one shape first',
    });
  }
}
