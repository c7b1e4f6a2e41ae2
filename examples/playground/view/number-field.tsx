import { useId } from 'preact/hooks';
import { textOf, valueOf } from '../setup/fields.js';
import { faultOfNumber, numberRules, type NumberName } from '../setup/setup.js';
import type { Part } from './app.js';
import { TextField } from './text-field.js';

/** A number of the training, with what it may be. */
export function NumberField({ playground, name }: Part & { name: NumberName }) {
  const value: unknown = playground.setup.value.training[name];
  return (
    <TextField
      id={useId()}
      name={name}
      label={numberRules[name].label}
      value={textOf(value)}
      fault={faultOfNumber(name, value)}
      onText={(text) => playground.train({ [name]: valueOf(text) })}
    />
  );
}
