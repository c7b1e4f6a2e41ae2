import { Module, ValueError, type Options, type Values, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { overwrite } from '../inplace/inplace.js';
import { prelu } from './prelu.op.js';
import type { slopeOptions } from './slope-options.js';
import { penaltyOptions, withPenalty, type SlopePenalty } from './slope-penalty.op.js';
import { alongAxis, checkAxis, SlopeTable } from './slope-shapes.js';

type Read = Values<Options<typeof slopeOptions>> & { readonly name: string | undefined };

/** What `PRelu` and `PReLU` are: they differ in their arguments and in the name of the parameter. */
export abstract class LearnedRectifier extends Module {
  readonly axis: number;
  /** Whether one slope is for everything. */
  abstract readonly sharedMaps: boolean;
  protected readonly table: SlopeTable | undefined;
  readonly #penalty: SlopePenalty | undefined;

  constructor(read: Read, blueprint: object) {
    super(read, blueprint);
    this.axis = read.axis;
    if (read.sharedAxes && !read.shape) {
      throw new ValueError(`${this.label}: sharedAxes needs the shape of a sample`, {
        path: this.path,
        expected: 'shape: [maps, height, width]',
      });
    }
    if (read.shape) this.table = new SlopeTable(this, read.shape, read.sharedAxes ?? []);
    const penalty = penaltyOptions.read(read.alphaRegularizer ?? {}, `${this.label}: alphaRegularizer`);
    if (penalty.l1 + penalty.l2 > 0) this.#penalty = penalty;
  }

  /** The shape of one sample where every element has a slope. */
  get sampleShape(): readonly number[] | undefined {
    return this.table?.sample;
  }

  /** The parameter, whatever its name. */
  protected abstract get learned(): Variable;

  /** The calls that a refusal advises. */
  protected abstract readonly advice: { readonly shared: string; readonly sized: (maps: number) => string };

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (this.table) this.table.check(this, shape);
    else if (!this.sharedMaps) checkAxis(this, shape, { axis: this.axis, count: this.learned.size, ...this.advice });
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    const own = this.#penalty ? withPenalty(this.learned, this.#penalty) : this.learned;
    const slopes = this.table?.forData(own, data) ?? alongAxis(own, this.axis, data.rank);
    const output = prelu(data, slopes, this.inplace ? this.label : undefined);
    if (this.inplace) overwrite(this, data, output);
    return output;
  }

  /** How many slopes there are, as it is printed. */
  protected get countText(): string {
    return `${this.learned.size}`;
  }

  override extraRepr(): string {
    const count = this.table ? `shape=${shapeText(this.table.sample)}` : this.countText;
    return this.axis === 1 ? count : `${count}, axis=${this.axis}`;
  }
}
