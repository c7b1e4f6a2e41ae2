import { ShapeError, ValueError, Variable, type AnyModule, type ModuleClass } from '@tessera-nn/core';
import { goldenSpec, type ModuleGolden } from './golden-spec.js';
import { correlate, spread } from './images.js';
import { moduleSpec } from './module-spec.js';
import type { ModuleSpecification } from './module-specification.js';
import type { ModuleWindow } from './windows.js';

interface Convolving extends AnyModule {
  outmaps: number;
  window: ModuleWindow;
  groups: number;
  b: Variable | null;
}

interface Deconvolving extends Convolving {
  postpad: readonly number[];
}

interface ConvolvingSpecification<M extends Convolving, Options extends object> {
  class: ModuleClass;
  make: (options: Options) => M;
  /** How many axes the filter goes along. */
  axes: 1 | 3;
  cases: readonly { title: string; options: Options; shape: readonly number[] }[];
  otherShape: readonly number[];
  goldens: readonly ModuleGolden[];
}

/** What is asked of one way alone. */
interface OneWay<M extends Convolving> extends Pick<ModuleSpecification<M>, 'reference' | 'refuses'> {
  /** How many maps come in and go out, by the first two axes of the filter. */
  maps: (first: number, second: number, groups: number) => { inmaps: number; outmaps: number };
}

function specOf<M extends Convolving, Options extends object>(
  name: string,
  { class: made, make, cases, otherShape, goldens }: ConvolvingSpecification<M, Options>,
  { reference, refuses, maps }: OneWay<M>,
): void {
  /** Biases start at 0, where one that is added twice, or to the wrong maps, would not show. */
  const biased = (options: Options) => {
    const module = make(options);
    const bias = Float32Array.from({ length: module.outmaps }, (_, o) => 0.5 * o - 0.75);
    return module.b ? module.setVar('b', new Variable(bias)) : module;
  };
  moduleSpec<M>(name, {
    classes: [made],
    reference,
    cases: cases.map(({ title, options, shape }) => ({ title, make: () => biased(options), shape })),
    otherShape,
    refuses: refuses!,
  });

  goldenSpec(name, {
    producer: 'PyTorch 2.13.0',
    goldens,
    make: (attrs: { padding: unknown; output_padding?: unknown; groups: number }, { weight }) => {
      const { padding: pad, output_padding: postpad, ...window } = attrs;
      const [first, second, ...size] = weight!.shape as [number, number, ...number[]];
      const counts = maps(first, second, window.groups);
      const further = postpad === undefined ? {} : { postpad };
      return make({ ...counts, size: size.length > 1 ? size : size[0], pad, ...window, ...further } as never);
    },
    parameters: { weight: 'W', bias: 'b' },
  });
}

/** So many equal axes behind the batch and the maps. */
const zeros = (maps: number, axes: number, length: number) => {
  const shape = [1, maps, ...new Array<number>(axes).fill(length)];
  return new Variable(new Float32Array(maps * length ** axes), { shape });
};

/** What convolutions must do over sequences and over volumes; those of images have specs of their own. */
export function convolutionSpec<M extends Convolving, Options extends object>(
  name: string,
  specification: ConvolvingSpecification<M, Options>,
): void {
  const { axes } = specification;
  const make = (options: object) => specification.make(options as Options);
  const [plural, shape] = axes === 1 ? ['sequences', 'length'] : ['volumes', 'depth, height, width'];
  specOf(name, specification, {
    reference: (x, { W, b }, { window, groups }) => correlate(x, W!, window, groups, b),
    maps: (outmaps, perGroup, groups) => ({ inmaps: perGroup * groups, outmaps }),
    refuses: [
      {
        title: `${plural} of other maps`,
        make: () => make({ inmaps: 3, outmaps: 2, size: 3, name: 'conv1' }),
        run: (module) => module.forward(zeros(2, axes, 4)),
        type: ShapeError,
        says: [`${name} "conv1"`, '2 maps on axis 1', 'Use inmaps 2', `[batch, 3, ${shape}]`],
      },
      {
        title: 'images',
        make: () => make({ inmaps: 3, outmaps: 2, size: 3 }),
        run: (module) => module.forward(zeros(3, 2, 2)),
        type: ShapeError,
        says: [`[1, 3, 2, 2] is not a batch of ${plural}`],
      },
      {
        title: `a filter larger than the padded ${plural}`,
        make: () => make({ inmaps: 2, outmaps: 1, size: 3, dilation: 3 }),
        run: (module) => module.forward(zeros(2, axes, 4)),
        type: ShapeError,
        says: [`larger than the padded ${plural}`, 'filter of 3 with dilation 3'],
      },
      {
        title: 'two sizes',
        make: () => make({ inmaps: 1, outmaps: 1, size: [3, 3] }),
        type: ValueError,
        says: ['size', '[3, 3]'],
      },
    ],
  });
}

/** The same for what goes the other way. */
export function deconvolutionSpec<M extends Deconvolving, Options extends object>(
  name: string,
  specification: ConvolvingSpecification<M, Options>,
): void {
  const { axes } = specification;
  const make = (options: object) => specification.make(options as Options);
  const plural = axes === 1 ? 'sequences' : 'volumes';
  specOf(name, specification, {
    reference: (x, { W, b }, { window, postpad, groups }) => {
      const { size, stride, pad, dilation } = window;
      const lengths = x.shape.slice(2).map((length, axis) => {
        if (pad === 'same') return length * stride[axis]!;
        const reach = (size[axis]! - 1) * dilation[axis]! + 1;
        return (length - 1) * stride[axis]! + reach - pad[axis]![0] - pad[axis]![1] + postpad[axis]!;
      });
      return spread(x, W!, window, groups, lengths, b);
    },
    maps: (inmaps, perGroup, groups) => ({ inmaps, outmaps: perGroup * groups }),
    refuses: [
      {
        title: `${plural} of other maps`,
        make: () => make({ inmaps: 3, outmaps: 2, size: 3, name: 'up' }),
        run: (module) => module.forward(zeros(2, axes, 2)),
        type: ShapeError,
        says: [`${name} "up"`, 'has 2 maps', 'inmaps 2'],
      },
      {
        title: 'padding that leaves nothing',
        make: () => make({ inmaps: 1, outmaps: 1, size: 2, pad: 1 }),
        run: (module) => module.forward(zeros(1, axes, 1)),
        type: ShapeError,
        says: [`nothing is left of the ${plural} of [1, 1${', 1'.repeat(axes)}]`, 'smaller pad'],
      },
      {
        title: 'as many further places as the stride',
        make: () => make({ inmaps: 1, outmaps: 1, size: 2, stride: 2, postpad: 2 }),
        type: ValueError,
        says: ['postpad', 'less than the stride of 2'],
      },
    ],
  });
}
