import type { AttributeValue } from '../format/attributes.js';
import { OnnxError } from '../onnx-error.js';
import type { GraphWriter } from './graph-writer.js';
import { BatchSize, type Size, type Step, type Value } from '@tessera-nn/core/internal';

/** Adds the nodes of a step, and says what its results are called. */
export type Translator = (step: Translation) => string | readonly string[];

/** A step that is being written. */
export class Translation {
  constructor(
    readonly step: Step,
    readonly writer: GraphWriter,
  ) {}

  /** What the inputs are called in the graph. */
  get names(): string[] {
    return this.step.inputs.map((value) => this.writer.nameOf(value));
  }

  get input(): Value {
    return this.step.inputs[0]!;
  }

  get result(): Value {
    return this.step.results[0]!;
  }

  /** The name of an input of the op, empty where it is left out. */
  nameOf(input: string): string {
    const value = this.step.named[input];
    return value ? this.writer.nameOf(value) : '';
  }

  /** The attributes, as the op has them. The caller knows which of them may follow the batch. */
  attrs<Attrs extends object>(): Attrs {
    return this.step.attrs as Attrs;
  }

  /** Numbers that the file holds. @throws OnnxError where they follow the batch. */
  fixed(sizes: readonly Size[]): number[] {
    return sizes.map((size) => (size instanceof BatchSize ? this.refuse('follows the batch') : size));
  }

  add(opType: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}): string {
    return this.writer.add(opType, inputs, attributes);
  }

  /** In another shape. */
  reshaped(name: string, shape: readonly Size[]): string {
    const free = shape.findIndex((size) => typeof size !== 'number');
    const isOne = shape.every((size, axis) => axis === free || (typeof size === 'number' && size > 0));
    const sizes = isOne ? shape.map((size, axis) => (axis === free ? -1 : size)) : shape;
    return this.add('Reshape', [name, this.writer.sizes(sizes)], isOne ? {} : { allowzero: 1 });
  }

  refuse(problem: string): never {
    const { name, path } = this.step;
    throw new OnnxError(`${name}${path ? ` in "${path}"` : ''} cannot be written: it ${problem}`, {
      path: path || name,
      hint: 'Pass { dynamicBatch: false } for a file that takes batches of one size',
    });
  }
}
