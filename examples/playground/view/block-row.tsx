import { blockKinds } from '../setup/block-kinds.js';
import type { Block } from '../setup/block.js';
import type { CheckedBlock } from '../setup/check-network.js';
import { configured, type Path } from '../setup/edit-blocks.js';
import { fieldsOf, textOf, valueOf, type Field } from '../setup/fields.js';
import type { Part } from './app.js';
import { idOf, kindNames, type BlockActions } from './network-panel.js';
import { TextField } from './text-field.js';

interface ListProps extends Part {
  readonly blocks: readonly Block[];
  readonly checked: readonly CheckedBlock[];
  /** Of what holds the list. */
  readonly path: Path;
  readonly actions: BlockActions;
}

/** Blocks behind one another, and a way to add one. */
export function BlockList({ blocks, checked, path, ...rest }: ListProps) {
  const id = `${idOf(path)}-kind`;
  const last = blocks.length - 1;
  // The end of a network is its answer: what is new belongs before it.
  const place = path.length === 0 && blocks[last]?.kind === 'Linear' ? last : blocks.length;
  return (
    <>
      <ol class="blocks">
        {blocks.map((block, i) => (
          <BlockRow key={i} block={block} checked={checked[i]} path={[...path, i]} isLast={i === last} {...rest} />
        ))}
      </ol>
      <div class="add">
        <label htmlFor={id}>{path.length === 0 ? 'Add a block' : 'Add to the body'}</label>
        <select
          id={id}
          value=""
          onChange={({ currentTarget }) => {
            const kind = currentTarget.value;
            currentTarget.value = '';
            if (kind) rest.actions.add([...path, place], kind);
          }}
        >
          <option value="">choose …</option>
          {kindNames.map((kind) => (
            <option key={kind} value={kind}>
              {kind}
            </option>
          ))}
        </select>
      </div>
    </>
  );
}

interface RowProps extends Omit<ListProps, 'blocks' | 'checked'> {
  readonly block: Block;
  /** Undefined where a block before it does not fit. */
  readonly checked: CheckedBlock | undefined;
  readonly isLast: boolean;
}

function BlockRow({ block, checked, path, isLast, playground, actions }: RowProps) {
  const id = idOf(path);
  const { first, words } = blockKinds.get(block.kind)!;
  const fields = fieldsOf(block.kind);
  const shown = fields.filter(({ name }) => first.includes(name));
  const others = fields.filter(({ name }) => !first.includes(name));
  const name = checked?.name ?? block.kind;
  const fieldOf = (field: Field) => (
    <OptionField
      key={field.name}
      id={`${id}-${field.name}`}
      field={field}
      value={block.options[field.name]}
      fault={checked?.faults[field.name]}
      words={words?.[field.name]}
      onValue={(value) => playground.build(configured(playground.setup.value.blocks, path, field.name, value))}
    />
  );
  return (
    <li class="block" aria-labelledby={`${id}-title`}>
      <div class="block-head">
        <h3 id={`${id}-title`} tabIndex={-1}>
          {block.kind} <span class="quiet-name">{name}</span>
        </h3>
        <span class="shape">{shapeText(checked)}</span>
        <span class="row-buttons">
          <button type="button" disabled={path.at(-1) === 0} onClick={() => actions.move(path, -1)}>
            <span aria-hidden="true">↑</span>
            <span class="unseen">{`Move ${name} up`}</span>
          </button>
          <button type="button" disabled={isLast} onClick={() => actions.move(path, 1)}>
            <span aria-hidden="true">↓</span>
            <span class="unseen">{`Move ${name} down`}</span>
          </button>
          <button type="button" onClick={() => actions.remove(path)}>
            <span aria-hidden="true">×</span>
            <span class="unseen">{`Remove ${name}`}</span>
          </button>
        </span>
      </div>
      {shown.length > 0 && <div class="fields">{shown.map(fieldOf)}</div>}
      {others.length > 0 && (
        <details open={others.some((field) => checked?.faults[field.name] !== undefined)}>
          <summary>{shown.length > 0 ? 'More options' : 'Options'}</summary>
          <div class="fields">{others.map(fieldOf)}</div>
        </details>
      )}
      {block.body && (
        <div class="body">
          <BlockList {...{ playground, actions, path, blocks: block.body, checked: checked?.body ?? [] }} />
        </div>
      )}
      {checked?.error !== undefined && (
        <p class="fault" role="status">
          {checked.error}
        </p>
      )}
    </li>
  );
}

function shapeText(checked: CheckedBlock | undefined): string {
  if (!checked?.shape) return '';
  const weights = checked.parameters > 0 ? ` · ${checked.parameters.toLocaleString('en')} weights` : '';
  return `→ [${checked.shape.join(', ')}]${weights}`;
}

interface OptionProps {
  readonly id: string;
  readonly field: Field;
  readonly value: unknown;
  readonly fault: string | undefined;
  readonly words: readonly string[] | undefined;
  readonly onValue: (value: unknown) => void;
}

/** One option: a box to tick, words to choose from, or a line to write in. */
function OptionField({ id, field: { name, kind, choices, preset }, value, fault, words, onValue }: OptionProps) {
  if (kind === 'flag') {
    return (
      <label class="flag">
        <input
          type="checkbox"
          checked={(value ?? preset === 'true') === true}
          onChange={({ currentTarget }) => onValue(currentTarget.checked)}
        />
        {name}
      </label>
    );
  }
  if (kind === 'choice') {
    return (
      <label>
        {name}
        <select value={textOf(value)} onChange={({ currentTarget }) => onValue(valueOf(currentTarget.value))}>
          <option value="">{preset}</option>
          {choices
            .filter((choice) => choice !== preset)
            .map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
        </select>
      </label>
    );
  }
  return (
    <TextField
      id={id}
      name={name}
      label={name}
      value={textOf(value)}
      preset={preset}
      words={words}
      fault={fault}
      onText={(text) => onValue(valueOf(text))}
    />
  );
}
