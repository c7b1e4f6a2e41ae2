import { useSignal } from '@preact/signals';
import { blockKinds } from '../setup/block-kinds.js';
import { newBlock } from '../setup/block.js';
import { inserted, moved, removed, type Path } from '../setup/edit-blocks.js';
import type { Part } from './app.js';
import { BlockList } from './block-row.js';

/** What rows do to the list that they are in. */
export interface BlockActions {
  add(path: Path, kind: string): void;
  remove(path: Path): void;
  move(path: Path, by: number): void;
}

/** The network as rows of blocks. */
export function NetworkPanel({ playground }: Part) {
  const { setup, checked, data } = playground;
  /** Read out by screen readers. */
  const said = useSignal('');
  const { blocks, problem, parameters } = checked.value;
  const actions: BlockActions = {
    add(path, kind) {
      playground.build(inserted(setup.value.blocks, path, newBlock(kind)));
      said.value = `${kind} was added as block ${path.at(-1)! + 1}.`;
      focusLater(`${idOf(path)}-title`);
    },
    remove(path) {
      playground.build(removed(setup.value.blocks, path));
      said.value = `Block ${path.at(-1)! + 1} was removed.`;
      focusLater(`${idOf(path.slice(0, -1))}-kind`);
    },
    move(path, by) {
      playground.build(moved(setup.value.blocks, path, by));
      said.value = `The block is now block ${path.at(-1)! + by + 1}.`;
      focusLater(`${idOf([...path.slice(0, -1), path.at(-1)! + by])}-title`);
    },
  };
  return (
    <section class="panel" aria-labelledby="network-title">
      <h2 id="network-title">Network</h2>
      <p class="quiet">{`Input [${data.value.shape.join(', ')}]`}</p>
      <BlockList playground={playground} blocks={setup.value.blocks} checked={blocks} path={[]} actions={actions} />
      <p class={problem ? 'fault' : 'quiet'} role="status" id="network-problem">
        {problem ?? `${parameters.toLocaleString('en')} weights; the network fits the data.`}
      </p>
      <p class="unseen" aria-live="polite">
        {said.value}
      </p>
    </section>
  );
}

/** How the parts of a row are called in the page. */
export const idOf = (path: Path): string => ['block', ...path].join('-');

/** Kinds of blocks, in the order in which they are offered. */
export const kindNames = [...blockKinds.keys()];

/** When the page has been drawn with what has changed. */
function focusLater(id: string): void {
  setTimeout(() => document.getElementById(id)?.focus());
}
