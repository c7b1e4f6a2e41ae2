import { declaredOptions } from '@tessera-nn/kernels';
import { option, TesseraError } from 'tessera-nn';

/** An option of a class as a field of a form. */
export interface Field {
  readonly name: string;
  readonly kind: 'flag' | 'choice' | 'text';
  /** The words of a choice. */
  readonly choices: readonly string[];
  /** What it is where nothing is given, in words. */
  readonly preset: string;
}

/** What cannot be written into a field: names are the page's own, functions and objects are not text. */
const HIDDEN: readonly string[] = ['name', 'inplace', 'rng', 'slc', 'args', 'device', 'dtype'];

const declarationOf = (subject: string) => declaredOptions().find((options) => options.subject === subject);

/** The options of a class that can be written, as it declares them. */
export function fieldsOf(className: string): Field[] {
  const declared = Object.entries(declarationOf(className)?.declared ?? {});
  return declared
    .filter(([name]) => !HIDDEN.includes(name))
    .filter(([, declared]) => !('of' in declared) && declared.rule.expected !== 'a module')
    .map(([name, { rule, preset, required }]) => ({
      name,
      kind: rule === option.flag.rule ? 'flag' : rule.choices ? 'choice' : 'text',
      choices: rule.choices ?? [],
      preset: required ? 'needed' : preset === undefined || preset === null ? 'automatic' : textOf(preset),
    }));
}

/** What the class says against the value of one option; undefined where it takes it. */
export function faultOf(className: string, name: string, value: unknown): string | undefined {
  try {
    if (value !== undefined || fieldsOf(className).some((field) => field.name === name && field.preset === 'needed')) {
      declarationOf(className)?.check(name, value);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    return `Expected ${error.expected ?? 'another value'}`;
  }
}

/** A value as it is written in a field: `3`, `[3, 1]`, `same`. */
export function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What was written in a field; nothing written is nothing given. */
export function valueOf(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text.trim();
  }
}
