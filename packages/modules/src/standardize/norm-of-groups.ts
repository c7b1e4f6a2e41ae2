import { add, Module, mul, option, parameter, reshape, ValueError, type Variable } from '@tessera-nn/core';
import { filled, shapeText } from '@tessera-nn/core/internal';
import { standardize } from './standardize.op.js';

/** The options of norms over groups of maps, to be spread into their declarations. */
export const groupNormOptions = {
  /** Default: those of the first input. */
  maps: option.count.optional,
  /** Added to the variance. Default 1e-5. */
  epsilon: option.numberAbove(0).or(1e-5),
  /** Whether each map has a scale and a bias, which are learned. Default true. */
  affine: option.flag.or(true),
};

/** Norms of each sample by itself, over groups of its maps and all places. */
export abstract class NormOfGroups extends Module {
  readonly maps!: number;
  readonly epsilon: number;
  readonly affine: boolean;
  readonly groups!: number;
  scale!: Variable | null;
  bias!: Variable | null;

  constructor(
    options: { name?: string | undefined; maps: number | undefined; epsilon: number; affine: boolean },
    groupsOf: (maps: number) => number,
  ) {
    super(options, options);
    const { maps, epsilon, affine } = options;
    [this.epsilon, this.affine] = [epsilon, affine];
    this.sized<NormOfGroups>({
      name: 'maps',
      given: maps,
      of: (shape) => shape[1],
      makes: {
        groups: (maps) => this.#checked(groupsOf(maps), maps),
        scale: (maps) => (affine ? parameter(filled([maps], 1), { name: 'scale' }) : null),
        bias: (maps) => (affine ? parameter(filled([maps], 0), { name: 'bias' }) : null),
      },
    });
  }

  #checked(groups: number, maps: number): number {
    if (maps % groups === 0) return groups;
    throw new ValueError(`${this.label}: the maps cannot be split into ${groups} groups`, {
      path: this.path,
      expected: `a multiple of ${groups}`,
      received: `${maps} maps`,
    });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape.length >= 2 && shape[1] === this.maps) return [...shape];
    throw this.shapeError(`input ${shapeText(shape)} does not have ${this.maps} maps on axis 1`, {
      expected: `[batch, ${this.maps}, ...]`,
      received: shapeText(shape),
    });
  }

  protected override updateData(data: Variable): Variable {
    const { epsilon, groups, scale, bias } = this;
    const [batch, maps, ...places] = data.shape;
    const y = standardize(data, { rows: batch! * groups, centred: true, epsilon, images: places.length === 2 });
    if (!scale || !bias) return y;
    const overPlaces = (vector: Variable) => reshape(vector, [maps!, ...places.map(() => 1)]);
    return add(mul(y, overPlaces(scale)), overPlaces(bias));
  }
}
