import type { AnyModule } from '../module/module.js';
import type { Variable } from '../variable/variable.js';
import type { Refusal, Step, Value } from './steps.js';

/** What no step makes, as the file holds it. */
export interface Stored {
  readonly values: Float32Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
  readonly name?: string;
}

/**
 * The values of parameters, buffers and constants, as they are at the moment of the call.
 *
 * @throws Refusal for what was other values in the second run, and so comes of its input by a way that is not an op.
 */
export async function storedValues(
  net: AnyModule,
  { steps, inputs, outputs }: { steps: readonly Step[]; inputs: readonly Value[]; outputs: readonly Value[] },
  Refusal: Refusal,
): Promise<Map<Value, Stored>> {
  const names = new Map([...net.namedTensors()].map(([name, variable]) => [variable, name]));
  const found = new Map<Value, Promise<Stored>>();
  const note = (value: Value, path: string) => {
    if (!value.leaves || found.has(value) || inputs.includes(value)) return;
    const [first, second] = value.leaves.map((leaf) => leaf.detach().keep()) as [Variable, Variable];
    const name = names.get(value.leaves[0]);
    found.set(
      value,
      Promise.all([first.values(), second.values()])
        .then(([values, others]) => ({
          ...constantOf(value, first.shape, values, others, path, Refusal),
          ...(name && { name }),
        }))
        .finally(() => [first, second].forEach((snapshot) => snapshot.dispose())),
    );
  };
  for (const { inputs, path } of steps) for (const value of inputs) note(value, path);
  for (const value of outputs) note(value, '');
  const read = await Promise.allSettled([...found.values()]);
  const failed = read.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return new Map([...found.keys()].map((value, i) => [value, (read[i] as PromiseFulfilledResult<Stored>).value]));
}

/** One place of each axis that follows the batch, where all places are alike. */
function constantOf(
  { shape: sizes }: Value,
  shape: readonly number[],
  values: Stored['values'],
  others: Stored['values'],
  path: string,
  Refusal: Refusal,
): Stored {
  const along = sizes.findIndex((size) => typeof size !== 'number');
  if (along < 0) {
    if (areSame(values, others)) return { values, shape };
  } else {
    const inner = shape.slice(along + 1).reduce((product, size) => product * size, 1);
    const whole = inner * shape[along]!;
    const rows = values.filter((_, i) => i % whole < inner);
    const isRepeated = (all: Stored['values'], length: number) =>
      all.every((value, i) => Object.is(value, rows[Math.floor(i / (inner * length)) * inner + (i % inner)]));
    const otherLength = others.length / (values.length / shape[along]!);
    if (isRepeated(values, shape[along]!) && isRepeated(others, otherLength)) {
      return { values: rows, shape: shape.map((size, axis) => (axis === along ? 1 : size)) };
    }
  }
  throw new Refusal(`${path ? `"${path}"` : 'The network'} computes with values that no op has made of its input`, {
    path,
    hint: 'What a module computes by tensors of tfjs, or in JavaScript, is not seen: write it with Variables',
  });
}

const areSame = (a: Stored['values'], b: Stored['values']): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
