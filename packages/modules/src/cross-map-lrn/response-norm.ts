import { named, option, type ModuleOptions, type Variable } from '@tessera-nn/core';
import { Spatial } from '../window/spatial.js';

/** The options of local response norms, to be spread into their declarations. */
export const responseOptions = {
  /** How many neighbours count, the value itself among them. Default 5. */
  N: option.count.or(5),
  /** Default 1e-4. */
  alpha: option.number.or(1e-4),
  /** Default 0.75. */
  beta: option.number.or(0.75),
  /** Default 2. */
  K: option.numberAbove(0).or(2),
  ...named,
};

/** Those options by position. */
export type Response = [N?: number, alpha?: number, beta?: number, K?: number];

/** What local response norms share: y = x / (K + alpha s)^beta, where s is a mean of squares around each value. */
export abstract class ResponseNorm extends Spatial {
  readonly N: number;
  readonly alpha: number;
  readonly beta: number;
  readonly K: number;

  constructor(options: ModuleOptions & { N: number; alpha: number; beta: number; K: number }) {
    super(options, options);
    ({ N: this.N, alpha: this.alpha, beta: this.beta, K: this.K } = options);
  }

  /** How many of the neighbours lie before a value, and how many behind it. */
  protected get neighbours(): readonly [before: number, behind: number] {
    const before = Math.floor((this.N - 1) / 2);
    return [before, this.N - 1 - before];
  }

  /** The mean of squares around each value. */
  protected abstract squaresAround(data: Variable): Variable;

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...this.checkImages(shape)];
  }

  protected override updateData(data: Variable): Variable {
    const size = this.squaresAround(data).mul(this.alpha).add(this.K);
    return data.mul(size.pow(-this.beta));
  }

  override extraRepr(): string {
    return `${this.N}, alpha=${this.alpha}, beta=${this.beta}, K=${this.K}`;
  }
}
