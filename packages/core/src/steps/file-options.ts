import { isPlainObject, option } from '@tessera-nn/kernels';
import type { Refusal, Value } from './steps.js';

/** Options that all files of networks have. */
export const fileOptions = {
  /** What the inputs are called, in their order. Default `input`, or `input_0`, `input_1`... */
  inputNames: option.listOf(option.text, 'names').optional,
  /** What the outputs are called, in their order. Default `output`, or `output_0`, `output_1`... */
  outputNames: option.listOf(option.text, 'names').optional,
  /** Texts by name, which are kept in the file. */
  metadata: option.kind<Readonly<Record<string, string>>>('texts by name', areTexts).optional,
};

function areTexts(value: unknown): boolean {
  return isPlainObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

interface Naming {
  /** What writes the file. */
  readonly subject: string;
  readonly preset: 'input' | 'output';
  readonly given: readonly string[] | undefined;
}

/** What inputs or outputs are called in a file. @throws Refusal where there are not as many names. */
export function namesOfValues(
  values: readonly Value[],
  { subject, preset, given }: Naming,
  Refusal: Refusal,
): readonly string[] {
  const names = given ?? values.map((_, i) => (values.length === 1 ? preset : `${preset}_${i}`));
  if (names.length === values.length && new Set(names).size === names.length) return names;
  throw new Refusal(`${subject}: the network has ${values.length} ${preset}s`, {
    path: `${preset}Names`,
    expected: `${values.length} different names`,
    received: names.join(', '),
  });
}
