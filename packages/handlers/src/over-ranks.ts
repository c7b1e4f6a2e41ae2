import { ValueError, Variable, type NodeInfo } from '@tessera-nn/core';

/** @throws ValueError when there is less than a sample for each rank. */
export function checkEnough(samples: number, { size }: NodeInfo, who: string): void {
  if (samples >= size) return;
  throw new ValueError(`${who}: there are more ranks than samples to share`, {
    path: who,
    expected: `at least ${size} samples at once, one for each rank`,
    received: String(samples),
    hint: 'batchSize counts the samples of all ranks together',
  });
}

/** The mean of a loss over all ranks; that of a rank without samples is 0. */
export function lossOverRanks(own: Variable | undefined, nodeinfo: NodeInfo): Variable {
  const value = own ? own.storage.tensor.dataSync()[0]! : 0;
  own?.dispose();
  return new Variable(Float32Array.of(nodeinfo.meanValue(value)), { shape: [] });
}

/** The means of errors over all ranks: of a number, or of each in a list. */
export function errorsOverRanks<Errors>(own: Errors, nodeinfo: NodeInfo): Errors {
  const mean = (errors: unknown): unknown =>
    Array.isArray(errors) ? errors.map(mean) : nodeinfo.meanValue(errors as number);
  return mean(own) as Errors;
}
