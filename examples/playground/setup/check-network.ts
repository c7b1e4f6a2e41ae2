import { CrossEntropy, fromBlueprint, TesseraError, type AnyModule, type Blueprint, type Module } from 'tessera-nn';
import { blockClasses } from './block-kinds.js';
import { blueprintOf, listBlueprint, named, type Block, type NamedBlock } from './block.js';
import { faultOf } from './fields.js';

/** What is to be said beside a block. */
export interface CheckedBlock {
  readonly name: string;
  /** The shape of one sample behind it; undefined where that cannot be told. */
  readonly shape: readonly number[] | undefined;
  readonly parameters: number;
  /** What its class says against the value of an option, by the option's name. */
  readonly faults: Readonly<Record<string, string>>;
  /** What it says against the whole. */
  readonly error: string | undefined;
  readonly body: readonly CheckedBlock[];
}

/** What the framework says of a network. */
export interface CheckedNetwork {
  readonly blocks: readonly CheckedBlock[];
  readonly blueprint: Blueprint;
  readonly parameters: number;
  /** Why it cannot be trained; undefined where it can. */
  readonly problem: string | undefined;
}

/** One sample and the batch axis. */
const batchOf = (shape: readonly number[]) => [1, ...shape];

/** Builds blocks one after the other and asks each what it makes of the shape before it. A backend must have started. */
export function checkNetwork(blocks: readonly Block[], sample: readonly number[], classes: number): CheckedNetwork {
  const all = named(blocks);
  const checked = checkList(all, sample);
  const last = checked.at(-1)?.shape ?? (blocks.length === 0 ? sample : undefined);
  return {
    blocks: checked,
    blueprint: listBlueprint(all, 'net'),
    parameters: checked.reduce((sum, { parameters }) => sum + parameters, 0),
    problem: last ? faultAtEnd(last, classes) : 'A block does not fit; it says why.',
  };
}

function checkList(blocks: readonly NamedBlock[], sample: readonly number[]): CheckedBlock[] {
  let before: readonly number[] | undefined = sample;
  return blocks.map((block) => {
    const checked = checkBlock(block, before);
    before = checked.shape;
    return checked;
  });
}

function checkBlock(named: NamedBlock, before: readonly number[] | undefined): CheckedBlock {
  const { block, name } = named;
  const body = before ? checkList(named.body, before) : [];
  const faults = Object.entries(block.options).flatMap(([option, value]) => {
    const fault = faultOf(block.kind, option, value);
    return fault === undefined ? [] : [[option, fault] as const];
  });
  const said = { name, faults: Object.fromEntries(faults), body, parameters: 0, shape: undefined, error: undefined };
  if (faults.length > 0 || !before) return said;
  if (body.some(({ shape }) => !shape)) return { ...said, error: 'A block in its body does not fit.' };
  let module: Module | undefined;
  try {
    module = fromBlueprint(blueprintOf(named), blockClasses);
    const shape = module.dataShapeFrom(batchOf(before)).slice(1);
    return { ...said, shape, parameters: countOf(module) };
  } catch (error) {
    return { ...said, error: textOf(error) };
  } finally {
    module?.dispose();
  }
}

function countOf(module: AnyModule): number {
  return [...module.parameters()].reduce((sum, { size }) => sum + size, 0);
}

/** What the cost says against what comes out at the end. */
function faultAtEnd(shape: readonly number[], classes: number): string | undefined {
  const wanted = `The last block makes [${shape.join(', ')}], and ${new CrossEntropy().className} of ${classes} classes takes`;
  return shape.length === 1 && shape[0] === classes
    ? undefined
    : `${wanted} [${classes}]: end with a Linear of outsize ${classes}.`;
}

/** What an error of the framework says, and what it advises. */
export function textOf(error: unknown): string {
  if (!(error instanceof TesseraError)) throw error;
  const { summary, expected, hint } = error;
  return [summary, expected && `expected ${expected}`, hint].filter(Boolean).join('. ') + '.';
}
