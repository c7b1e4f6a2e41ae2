import {
  initialise,
  Module,
  ModuleError,
  named,
  option,
  optionsOf,
  parameter,
  Variable,
  type Arguments,
  type Given,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { overwrite } from '../inplace/inplace.js';
import { batchNorm } from './batch-norm-2d.op.js';
import { batchNormInference } from './batch-norm-inference.op.js';

const options = optionsOf(
  'BatchNorm2D',
  {
    /** Default: those of the first input. */
    maps: option.count.optional,
    /** Added to the variance. Default 1e-5. */
    epsilon: option.numberAbove(0).or(1e-5),
    /** The running statistics take factor max(initFactor / n, minFactor) of batch n. Default 1; PyTorch's rule is 0.1. */
    initFactor: option.numberBetween(0, 1).or(1),
    /** Default 0.1. */
    minFactor: option.numberBetween(0, 1).or(0.1),
    /** Spread of the first scales around 1. Default 0.01. */
    sscale: option.numberFrom(0).or(0.01),
    /** Whether scale and bias are learned; else they are 1 and 0. Default true. */
    affine: option.flag.or(true),
    ...named,
  },
  {
    /** Eval mode only: writes the result over the input. Default false. */
    inplace: option.flag.or(false),
  },
);
export type BatchNorm2DOptions = Given<typeof options>;

/**
 * Batch normalisation of each map: y = scale (x - m) / sqrt(v + epsilon) + bias.
 *
 * In train mode m and v are the mean and biased variance of the batch, and the running statistics move by
 * f = max(initFactor / n, minFactor) towards m and the unbiased variance: the first batch sets them, later ones weigh a
 * tenth. In eval mode the running statistics are used and nothing changes. With h = (x - m) / sqrt(v + epsilon):
 * dx = scale / sqrt(v + epsilon) (g - mean g - h mean(g h)), dscale = sum g h, dbias = sum g.
 *
 * Shapes: `[batch, maps, height, width]` to the same. `scale` ~ N(1, sscale), `bias` 0, buffers `mean` 0, `var` 1 and
 * `numOfProps` (the n above, saved with them), all but the last `[maps]`. None decays under weight decay.
 * Source: Ioffe and Szegedy 2015; PuzzleLib's `BatchNorm2D` (where n is not saved, and shapes are `[1, maps, 1, 1]`);
 * PyTorch's `BatchNorm2d`; Keras' `BatchNormalization`.
 *
 * @example
 * new BatchNorm2D(32);
 * @throws ShapeError for another count of maps or one value per map in train mode; ModuleError for `inplace` in train mode;
 * ValueError for an epsilon that is not above 0, or a factor outside of 0 to 1.
 */
export class BatchNorm2D extends Module {
  static override readonly className: string = 'BatchNorm2D';

  readonly maps!: number;
  readonly epsilon: number;
  readonly initFactor: number;
  readonly minFactor: number;
  readonly affine: boolean;
  scale!: Variable;
  bias!: Variable;
  mean!: Variable;
  var!: Variable;
  numOfProps: Variable;
  readonly #inplace: boolean;

  constructor(
    ...given: Arguments<
      [
        maps?: number,
        epsilon?: number,
        initFactor?: number,
        minFactor?: number,
        sscale?: number,
        affine?: boolean,
        name?: string,
      ],
      BatchNorm2DOptions
    >
  ) {
    const read = options.arguments(given, new.target.className);
    super(read, read);
    const { sscale, affine: requiresGrad } = read;
    [this.epsilon, this.affine] = [read.epsilon, read.affine];
    [this.initFactor, this.minFactor, this.#inplace] = [read.initFactor, read.minFactor, read.inplace];
    const deviations = { scheme: 'gaussian', wscale: requiresGrad ? sscale : 0 } as const;
    const buffer = (values: Float32Array, name: string) => new Variable(values, { name }).keep();
    this.sized<BatchNorm2D>({
      name: 'maps',
      given: read.maps,
      of: (shape) => shape[1],
      makes: {
        scale: (maps) => {
          const scales = initialise([maps], deviations).map((deviation) => 1 + deviation);
          return parameter(scales, { name: 'scale', requiresGrad });
        },
        bias: (maps) => parameter(new Float32Array(maps), { name: 'bias', requiresGrad }),
        mean: (maps) => buffer(new Float32Array(maps), 'mean'),
        var: (maps) => buffer(new Float32Array(maps).fill(1), 'var'),
      },
    });
    this.numOfProps = new Variable(new Int32Array(1), { name: 'numOfProps' }).keep();
  }

  override get inplace(): boolean {
    return this.#inplace;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const shown = shapeText(shape);
    if (shape.length !== 4) {
      throw this.shapeError(`input ${shown} is not a batch of images`, {
        expected: `[batch, ${this.maps}, height, width]`,
        received: shown,
      });
    }
    if (shape[1] !== this.maps) {
      throw this.shapeError(`input ${shown} has ${shape[1]} maps on axis 1, statistics were built for ${this.maps}`, {
        expected: `[batch, ${this.maps}, height, width]`,
        received: shown,
        hint: `Use new ${this.className}(${shape[1]})`,
      });
    }
    if (this.training && shape[0]! * shape[2]! * shape[3]! === 1) {
      throw this.shapeError('one value for each map has no variance to normalise by in train mode', {
        expected: 'more than one image or pixel',
        received: shown,
        hint: 'Use larger batches, or evalMode()',
      });
    }
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    if (!this.training) return this.#normalizeByRunning(data);
    if (this.#inplace) {
      throw new ModuleError(`${this.label} works in place, which train mode does not allow`, {
        path: this.path,
        hint: 'Build it with inplace: false, or call evalMode()',
      });
    }
    return this.#normalizeByBatch(data);
  }

  #normalizeByRunning(data: Variable): Variable {
    const running = { mean: this.mean, variance: this.var };
    const output = batchNormInference(data, running, this.scale, this.bias, this.epsilon);
    if (this.#inplace) overwrite(this, data, output);
    return output;
  }

  #normalizeByBatch(data: Variable): Variable {
    const batches = this.numOfProps.data.dataSync()[0]! + 1; // never leaves the host, so this does not wait
    const factor = Math.max(this.initFactor / batches, this.minFactor);
    const running = { mean: this.mean, variance: this.var, factor };
    const { y, newMean, newVariance } = batchNorm(data, this.scale, this.bias, this.epsilon, running);
    this.mean.set(newMean.detach());
    this.var.set(newVariance.detach());
    this.numOfProps.set(new Variable(new Int32Array([batches])));
    return y;
  }

  override extraRepr(): string {
    return [this.shown('maps'), `epsilon=${this.epsilon}`, ...options.changes({ affine: this.affine })].join(', ');
  }
}
