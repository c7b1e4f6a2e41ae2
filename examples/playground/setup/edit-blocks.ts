import type { Block } from './block.js';

/** Where a block is: its number, behind those of the blocks that hold it. */
export type Path = readonly number[];

type Blocks = readonly Block[];

const replaced = (blocks: Blocks, at: number, block: Block): Blocks => blocks.map((one, i) => (i === at ? block : one));

/** The list of blocks that a path leads into, changed. */
function inList(blocks: Blocks, path: Path, change: (list: Blocks, at: number) => Blocks): Blocks {
  const [at, ...rest] = path as [number, ...number[]];
  if (rest.length === 0) return change(blocks, at);
  return replaced(blocks, at, { ...blocks[at]!, body: inList(blocks[at]!.body!, rest, change) });
}

/** With a block before what is at a place. */
export const inserted = (blocks: Blocks, path: Path, block: Block): Blocks =>
  inList(blocks, path, (list, at) => [...list.slice(0, at), block, ...list.slice(at)]);

export const removed = (blocks: Blocks, path: Path): Blocks =>
  inList(blocks, path, (list, at) => list.filter((_, i) => i !== at));

/** With a block so many places further. */
export const moved = (blocks: Blocks, path: Path, by: number): Blocks =>
  inList(blocks, path, (list, at) => {
    const others = list.filter((_, i) => i !== at);
    return [...others.slice(0, at + by), list[at]!, ...others.slice(at + by)];
  });

/** With another value of an option; undefined leaves it to the class. */
export const configured = (blocks: Blocks, path: Path, name: string, value: unknown): Blocks =>
  inList(blocks, path, (list, at) => {
    const options = { ...list[at]!.options, [name]: value };
    if (value === undefined) delete options[name];
    return replaced(list, at, { ...list[at]!, options });
  });

/** With an end of so many classes, where the end is a Linear. */
export function withClasses(blocks: Blocks, classes: number): Blocks {
  const last = blocks.length - 1;
  return blocks[last]?.kind === 'Linear' && classes > 0 ? configured(blocks, [last], 'outsize', classes) : blocks;
}
