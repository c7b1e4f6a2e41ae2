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

interface EndNames {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

/** What inputs and outputs are called in a file that `subject` writes. @throws Refusal where there are not as many names. */
export function namesOfEnds(
  ends: Record<'inputs' | 'outputs', readonly Value[]>,
  given: { readonly [Key in keyof EndNames]: EndNames[Key] | undefined },
  subject: string,
  Refusal: Refusal,
): EndNames {
  const namesOf = (preset: 'input' | 'output') => {
    const values = ends[`${preset}s`];
    const names = given[`${preset}Names`] ?? values.map((_, i) => (values.length === 1 ? preset : `${preset}_${i}`));
    if (names.length === values.length && new Set(names).size === names.length) return names;
    throw new Refusal(`${subject}: the network has ${values.length} ${preset}s`, {
      path: `${preset}Names`,
      expected: `${values.length} different names`,
      received: names.join(', '),
    });
  };
  return { inputNames: namesOf('input'), outputNames: namesOf('output') };
}
