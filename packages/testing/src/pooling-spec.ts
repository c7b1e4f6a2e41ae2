import { ShapeError, ValueError, Variable, type AnyModule, type ModuleClass } from '@tessera-nn/core';
import { goldenSpec, type ModuleGolden } from './golden-spec.js';
import { moduleSpec } from './module-spec.js';
import type { ModuleCase } from './module-specification.js';
import { overWindows, type ModuleWindow } from './windows.js';

/** What the windows of the cases go over, and of which sizes. */
interface PooledSpace<Stride> {
  plural: string;
  /** Of windows that overlap: one for each axis. */
  stride: Stride;
  /** Of the cases, in their order. */
  shapes: readonly [two: number[], overlapping: number[], beyond: number[], gaps: number[]];
  otherShape: number[];
  /** No window of 3 with gaps fits in. */
  small: number[];
}

export const sequences: PooledSpace<number> = {
  plural: 'sequences',
  stride: 2,
  shapes: [
    [2, 3, 6],
    [2, 2, 5],
    [2, 2, 6],
    [1, 2, 7],
  ],
  otherShape: [3, 1, 9],
  small: [1, 2, 3],
};

export const volumes: PooledSpace<readonly [number, number, number]> = {
  plural: 'volumes',
  stride: [1, 2, 2],
  shapes: [
    [2, 2, 2, 4, 3],
    [1, 2, 4, 3, 3],
    [1, 2, 4, 3, 2],
    [1, 1, 5, 4, 3],
  ],
  otherShape: [1, 3, 4, 2, 5],
  small: [1, 2, 3, 3, 2],
};

interface PoolingOptions<Stride> {
  size?: number;
  stride?: number | Stride;
  pad?: number | 'same';
  dilation?: number;
  ceilMode?: boolean;
  name?: string;
}

interface PoolingSpecification<M extends AnyModule, Stride, Choices> {
  class: ModuleClass;
  make: (options: PoolingOptions<Stride> & Choices) => M;
  over: PooledSpace<Stride>;
  /** What a window comes to: of the values on the input, and of how many places of it lie on padding. */
  of: (values: number[], padding: number, module: M) => number;
  /** Further options where the padding keeps the size. */
  choices?: Choices;
  /** The inputs, when random ones will not do. */
  input?: ModuleCase<M>['input'];
  goldens: readonly ModuleGolden[];
}

/** PyTorch's names of our options, where they differ. */
const renamed: Record<string, string> = {
  kernel_size: 'size',
  padding: 'pad',
  ceil_mode: 'ceilMode',
  count_include_pad: 'includePad',
};

/** What poolings by a window must do over sequences and over volumes; those over images have specs of their own. */
export function poolingSpec<M extends AnyModule & { window: ModuleWindow }, Stride, Choices extends object>(
  name: string,
  { class: made, make, over, of, choices, input, goldens }: PoolingSpecification<M, Stride, Choices>,
): void {
  const { plural, stride, shapes, otherShape, small } = over;
  const options = (given: PoolingOptions<Stride>) => given as PoolingOptions<Stride> & Choices;
  const cases = [
    { title: 'two along each axis', make: () => make(options({})) },
    { title: 'overlapping windows, with padding', make: () => make(options({ size: 3, stride, pad: 1 })) },
    {
      title: 'a last window beyond the padding',
      make: () => make(options({ size: 3, stride: 2, pad: 1, ceilMode: true })),
    },
    {
      title: 'windows with gaps, padding that keeps the size',
      make: () => make(options({ size: 2, stride: 1, pad: 'same', dilation: 2, ...choices })),
    },
  ];
  moduleSpec<M>(name, {
    classes: [made],
    reference: (x, _, module) => overWindows(x, module.window, (values, padding) => of(values, padding, module)),
    cases: cases.map((one, i) => ({ ...one, shape: shapes[i]!, ...(input && { input }) })),
    otherShape,
    refuses: [
      {
        title: 'images',
        make: () => make(options({ name: 'pool' })),
        run: (module) => module.forward(new Variable(new Float32Array(4), { shape: [1, 1, 2, 2] })),
        type: ShapeError,
        says: [`${name} "pool"`, `[1, 1, 2, 2] is not a batch of ${plural}`],
      },
      {
        title: `${plural} smaller than the window`,
        make: () => make(options({ size: 3, dilation: 2 })),
        run: (module) => module.dataShapeFrom(small),
        type: ShapeError,
        says: [`larger than the padded ${plural}`, 'window of 3 with dilation 2'],
      },
      {
        title: 'padding as wide as the window',
        make: () => make(options({ size: 3, pad: 3 })),
        type: ValueError,
        says: ['nothing but padding', 'smaller than the window of 3'],
      },
    ],
  });

  goldenSpec(name, {
    producer: 'PyTorch 2.13.0',
    goldens,
    make: (attrs: object) =>
      make(
        Object.fromEntries(
          Object.entries(attrs).map(([theirs, value]) => [renamed[theirs] ?? theirs, value as unknown]),
        ) as PoolingOptions<Stride> & Choices,
      ),
  });
}
