import type { Dataset } from '../dataset.js';

/** Samples that are looked at together for their labels. */
const CHUNK = 256;

/** The labels of all samples; of a dataset that has them at hand nothing else is touched. */
export function labelsOf(dataset: Dataset & { readonly labels?: Int32Array }): Int32Array {
  if (dataset.labels instanceof Int32Array) return dataset.labels;
  const labels = new Int32Array(dataset.length);
  for (let from = 0; from < dataset.length; from += CHUNK) {
    const count = Math.min(CHUNK, dataset.length - from);
    labels.set(dataset.gather(Uint32Array.from({ length: count }, (_, i) => from + i)).labels, from);
  }
  return labels;
}
