import type { Blueprint } from 'tessera-nn';
import { blockKinds } from './block-kinds.js';

/** A row of the network: a class, the options that were given, and for those that hold blocks, these. */
export interface Block {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly body?: readonly Block[];
}

/** A new block of a kind. */
export function newBlock(kind: string, options: Readonly<Record<string, unknown>> = {}): Block {
  const { options: presets, hasBody } = blockKinds.get(kind)!;
  const body = [newBlock.bind(undefined, 'Conv2D'), newBlock.bind(undefined, 'BatchNorm2D')];
  return { kind, options: { ...presets, ...options }, ...(hasBody && { body: body.map((make) => make()) }) };
}

/** A block with the name that it has in the network. */
export interface NamedBlock {
  readonly block: Block;
  readonly name: string;
  readonly body: readonly NamedBlock[];
}

/** Names blocks by their kinds, counted over the whole network: conv1, norm1, conv2. */
export function named(blocks: readonly Block[]): NamedBlock[] {
  const counts = new Map<string, number>();
  const nameOf = (block: Block): NamedBlock => {
    const { prefix } = blockKinds.get(block.kind)!;
    const number = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, number);
    return { block, name: `${prefix}${number}`, body: (block.body ?? []).map(nameOf) };
  };
  return blocks.map(nameOf);
}

/** What the framework builds a block of. */
export function blueprintOf({ block, name, body }: NamedBlock): Blueprint {
  const made = { className: block.kind, options: { ...block.options, name } };
  return block.body ? { ...made, modules: { body: listBlueprint(body) } } : made;
}

/** What it builds blocks behind one another of. */
export function listBlueprint(blocks: readonly NamedBlock[], name?: string): Blueprint {
  return {
    className: 'Sequential',
    options: { ...(name !== undefined && { name }), order: blocks.map((one) => one.name) },
    modules: Object.fromEntries(blocks.map((one) => [one.name, blueprintOf(one)])),
  };
}
