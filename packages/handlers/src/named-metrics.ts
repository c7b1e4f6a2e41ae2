import { noGrad, option, scope, type Data, type Source } from '@tessera-nn/core';
import { isPlainObject } from '@tessera-nn/core/internal';
import type { AnyMetric } from '@tessera-nn/cost';
import { targetsOf, type HostBatch } from './samples.js';

/** Metrics by name, or a list of them, which have the names of their classes. */
export type Metrics = Readonly<Record<string, AnyMetric>> | readonly AnyMetric[];

/** The option of what counts beside loss and error. */
export const metricsOption = {
  /** Counted in validation beside loss and error: `[new Accuracy()]`, or by name `{ top2: new TopKAccuracy({ k: 2 }) }`. Default: nothing. */
  metrics: option.kind<Metrics>('different metrics by name, or a list of different classes of them', areMetrics)
    .optional,
};

/** Metrics that see the same outputs, each with those of all batches since `reset`: none is a mean of means. */
export class NamedMetrics {
  readonly #metrics: ReadonlyMap<string, AnyMetric>;

  constructor(given: Metrics) {
    this.#metrics = new Map(entriesOf(given));
  }

  reset(): void {
    for (const metric of this.#metrics.values()) metric.reset();
  }

  /** Takes in the outputs of a batch. */
  update(prediction: Data, batch: HostBatch<Data, Data>): void {
    for (const metric of this.#metrics.values()) {
      const targets = () => targetsOf(batch, metric.hostTargets ?? false) as Source as never;
      noGrad(() => scope(() => metric.update(prediction as never, targets())));
    }
  }

  async compute(): Promise<Readonly<Record<string, unknown>>> {
    const computed = Array.from(this.#metrics, async ([name, metric]) => [name, await metric.compute()] as const);
    return Object.fromEntries(await Promise.all(computed));
  }
}

function entriesOf(given: Metrics): [name: string, metric: AnyMetric][] {
  if (!Array.isArray(given)) return Object.entries(given);
  return (given as readonly AnyMetric[]).map((metric) => {
    const { className, name } = metric.constructor as { readonly className?: string; readonly name: string };
    return [className ?? name, metric];
  });
}

/** Whether these are metrics whose names differ, each once: one under two names would count everything twice. */
function areMetrics(value: unknown): boolean {
  const isMetric = (metric: unknown) =>
    (['update', 'compute', 'reset'] as const).every(
      (method) => typeof (metric as Partial<AnyMetric> | null | undefined)?.[method] === 'function',
    );
  if (!Array.isArray(value) && !isPlainObject(value)) return false;
  if (!Object.values(value).every(isMetric)) return false;
  const entries = entriesOf(value as Metrics);
  return [0, 1].every((part) => new Set(entries.map((entry) => entry[part])).size === entries.length);
}
