import {
  Activation,
  AvgPool2D,
  BatchNorm2D,
  Conv2D,
  Dropout,
  Flatten,
  GlobalAvgPool2D,
  Linear,
  MaxPool2D,
  PRelu,
  Residual,
  Sequential,
  type ActivationName,
  type ModuleClass,
} from 'tessera-nn';

/** What the page knows of a class beyond what its declared options say. */
export interface BlockKind {
  readonly moduleClass: ModuleClass;
  /** How blocks of it are called, with a number behind. */
  readonly prefix: string;
  /** Options that are shown at once; the others are one click away. */
  readonly first: readonly string[];
  /** What a new block starts with. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Words for an option that takes more than can be listed. */
  readonly words?: Readonly<Record<string, readonly string[]>>;
  /** Whether it holds further blocks. */
  readonly hasBody?: boolean;
}

const activations: readonly ActivationName[] = ['relu', 'leakyRelu', 'elu', 'gelu', 'silu', 'mish', 'tanh', 'sigmoid'];

const kinds: readonly BlockKind[] = [
  { moduleClass: Conv2D, prefix: 'conv', first: ['outmaps', 'size', 'pad'], options: { outmaps: 8, size: 3, pad: 1 } },
  { moduleClass: BatchNorm2D, prefix: 'norm', first: [], options: {} },
  { moduleClass: PRelu, prefix: 'prelu', first: ['init'], options: {} },
  {
    moduleClass: Activation,
    prefix: 'act',
    first: ['activation'],
    options: { activation: 'relu' },
    words: { activation: activations },
  },
  { moduleClass: MaxPool2D, prefix: 'pool', first: ['size', 'stride'], options: {} },
  { moduleClass: AvgPool2D, prefix: 'mean', first: ['size', 'stride'], options: {} },
  { moduleClass: GlobalAvgPool2D, prefix: 'global', first: [], options: {} },
  { moduleClass: Dropout, prefix: 'drop', first: ['p'], options: { p: 0.2 } },
  { moduleClass: Flatten, prefix: 'flat', first: [], options: {} },
  { moduleClass: Linear, prefix: 'fc', first: ['outsize'], options: { outsize: 10 } },
  { moduleClass: Residual, prefix: 'res', first: [], options: {}, hasBody: true },
];

/** The kinds of blocks by the names of their classes, in the order in which they are offered. */
export const blockKinds: ReadonlyMap<string, BlockKind> = new Map(
  kinds.map((kind) => [kind.moduleClass.className, kind]),
);

/** Every class that a blueprint of blocks names. */
export const blockClasses: readonly ModuleClass[] = [Sequential, ...kinds.map(({ moduleClass }) => moduleClass)];
