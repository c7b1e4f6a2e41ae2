import { ValueError } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { inOrder } from '../handler.js';
import { flatArrays, mapTree, readInputs, type HandlerInput } from '../host-arrays.js';
import { type AnySamples, isGathering, type LabelledSamples } from '../samples.js';
import type { ValidationData } from '../trainer-options.js';

/** Data that a worker holds, under their names. */
export type HeldData = Readonly<Record<string, ValidationData>>;

/** Data on their way to a worker: the name of some that it holds, or arrays. */
export type SentData = string | Arrays;

type Arrays = readonly [data: HandlerInput, target?: HandlerInput | undefined, weights?: ArrayLike<number> | undefined];
type Received = readonly [data: LabelledSamples | AnySamples | HandlerInput, ...rest: Rest<Arrays>];
type Rest<List> = List extends readonly [unknown, ...infer Others] ? Others : never;

/**
 * Data as they can be sent. Of a Dataset all samples go, as it gathers them now.
 *
 * @throws what reading them throws.
 */
export async function sentData(
  data: string | LabelledSamples | AnySamples | HandlerInput,
  target?: HandlerInput,
  weights?: ArrayLike<number>,
): Promise<SentData> {
  if (typeof data === 'string') return data;
  if (!isGathering(data)) return [await readArrays(data), target && (await readArrays(target)), weights];
  const batch = data.gather(inOrder(data.length));
  if ('labels' in batch) return [flatArrays(batch.data, batch.shape), batch.labels, weights ?? batch.weights];
  return [
    flatArrays(batch.data, batch.shape, batch.dtype),
    flatArrays(batch.target, batch.targetShape, batch.targetDtype),
    weights ?? batch.weights,
  ];
}

/** What `run` and `validate` take, with weights. @throws ValueError for a name that the worker holds no data of. */
export function receivedData(sent: SentData, held: HeldData): Received {
  if (typeof sent !== 'string') return sent;
  const found = Object.hasOwn(held, sent) ? held[sent]! : undefined;
  if (!found) {
    throw new ValueError('The worker holds no data of this name', {
      path: 'WorkerTrainer',
      expected: Object.keys(held).join(', ') || 'arrays: the function of serveTrainer returned no data',
      received: shownValue(sent),
    });
  }
  return Array.isArray(found) ? (found as unknown as Arrays) : [found as LabelledSamples | AnySamples];
}

async function readArrays(input: HandlerInput): Promise<HandlerInput> {
  return mapTree(await readInputs(input), ({ values, shape, dtype }) => ({ data: values, shape, dtype }));
}
