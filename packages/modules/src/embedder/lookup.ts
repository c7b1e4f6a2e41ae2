import {
  affine,
  arange,
  currentBackend,
  equal,
  gather,
  Module,
  option,
  pad,
  parameter,
  reshape,
  stopGradient,
  where,
  type ModuleOptions,
  type Variable,
} from '@tessera-nn/core';

/** The table of a module that looks up rows, as it starts. */
interface Table {
  values: Float32Array;
  embsize: number;
  /** The number that stands for none: -1 names zeros; from 0 on it is a row that starts as zeros and gets no gradient. */
  padding: number | null;
  learnable: boolean;
}

/** The option for `padding`; a row, -1 or null. */
export const padding = option.kind<number | null>(
  'a whole number from -1, or null',
  (value) => value === null || (Number.isInteger(value) && (value as number) >= -1),
);

/** What modules share that give a row of a table, W, for each whole number. */
export abstract class Lookup extends Module {
  readonly embsize: number;
  readonly padding: number | null;
  W: Variable;

  constructor(options: ModuleOptions, blueprint: object, { values, embsize, padding, learnable }: Table) {
    super(options, blueprint);
    [this.embsize, this.padding] = [embsize, padding];
    if (padding !== null && padding >= 0) values.fill(0, padding * embsize, (padding + 1) * embsize);
    this.W = parameter(values, { shape: [values.length / embsize, embsize], name: 'W', requiresGrad: learnable });
  }

  protected override get dtypes() {
    return ['int32'] as const;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape, this.embsize];
  }

  protected override checkData(data: Variable): void {
    super.checkData(data);
    if (currentBackend() === 'webgl') return; // reading them back would stall the page
    const [least, end] = [this.padding === -1 ? -1 : 0, this.W.shape[0]!];
    const wrong = data.data.dataSync().find((row) => row < least || row >= end);
    if (wrong === undefined) return;
    throw this.shapeError(`there is no row ${wrong}`, {
      expected: `whole numbers from ${least} to ${end - 1}`,
      received: String(wrong),
    });
  }

  protected override updateData(data: Variable): Variable {
    const { W, padding } = this;
    if (padding === null) return gather(W, data);
    if (padding >= 0) {
      const isPadding = equal(reshape(arange(0, W.shape[0]!), [-1, 1]), padding);
      return gather(where(isPadding, stopGradient(W), W), data);
    }
    const rowInFront = [
      [1, 0],
      [0, 0],
    ];
    return gather(pad(W, rowInFront), affine(data, 1, 1));
  }
}
