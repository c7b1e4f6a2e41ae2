import { Adam, AdamW, backendNames, MomentumSGD, RMSProp, SGD, type Optimizer } from 'tessera-nn';
import type { DataName } from '../data/data-kinds.js';
import { newBlock, type Block } from './block.js';

/** What may train; `auto` is the fastest that works where the page is opened. */
export const backends = ['auto', ...backendNames] as const;
export type Backend = (typeof backends)[number];

/** How a network is trained. */
export interface Training {
  readonly backend: Backend;
  readonly optimizer: OptimizerName;
  readonly learnRate: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Samples to learn from, where the page draws them. */
  readonly count: number;
  readonly seed: number;
}

/** All that is chosen in the page, and all that a link to it holds. */
export interface Setup {
  readonly data: DataName;
  readonly blocks: readonly Block[];
  readonly training: Training;
}

type OptimizerClass = new (options: { learnRate: number }) => Optimizer;

/** The optimizers that are offered, by name. */
export const optimizers = { Adam, AdamW, SGD, MomentumSGD, RMSProp } satisfies Record<string, OptimizerClass>;
export type OptimizerName = keyof typeof optimizers;

/** What each number must be. */
export const numberRules = {
  learnRate: { label: 'Learning rate', whole: false, least: 0, most: 10 },
  batchSize: { label: 'Batch', whole: true, least: 1, most: 1024 },
  epochs: { label: 'Epochs', whole: true, least: 1, most: 1000 },
  count: { label: 'Samples', whole: true, least: 10, most: 60_000 },
  seed: { label: 'Seed', whole: true, least: 0, most: 2 ** 31 },
} as const satisfies Partial<Record<keyof Training, object>>;
export type NumberName = keyof typeof numberRules;

/** Why a number cannot be what was given for it; undefined where it can. */
export function faultOfNumber(name: NumberName, value: unknown): string | undefined {
  const { whole, least, most } = numberRules[name];
  const fits = (whole ? Number.isInteger(value) : Number.isFinite(value)) && typeof value === 'number';
  if (fits && value >= least && value <= most) return undefined;
  return `Expected a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
}

export const firstSetup: Setup = {
  data: 'digits',
  blocks: [
    newBlock('Conv2D', { outmaps: 8 }),
    newBlock('PRelu'),
    newBlock('MaxPool2D'),
    newBlock('Conv2D', { outmaps: 16 }),
    newBlock('BatchNorm2D'),
    newBlock('PRelu'),
    newBlock('MaxPool2D'),
    newBlock('Flatten'),
    newBlock('Linear', { outsize: 10 }),
  ],
  training: {
    backend: 'auto',
    optimizer: 'Adam',
    learnRate: 0.003,
    batchSize: 32,
    epochs: 3,
    count: 3200,
    seed: 7,
  },
};
