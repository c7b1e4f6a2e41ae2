import { noGrad } from '../autograd/grad-mode.js';
import { traced } from '../autograd/trace.js';
import { scope } from '../memory/scope.js';
import { readData, variablesIn, type Source } from '../module/data.js';
import { inMode } from '../module/in-mode.js';
import type { AnyModule } from '../module/module.js';
import type { Variable } from '../variable/variable.js';
import type { NetworkSteps } from './network-steps.js';
import type { Refusal, Value } from './steps.js';

/** The least and the largest of what a value has held. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * In which range the inputs and results of steps lie when the network runs, at inference, on each of some batches.
 *
 * @throws Refusal where a batch runs other steps, or something is not finite.
 */
export function rangesOf(
  net: AnyModule,
  { steps, inputs }: Pick<NetworkSteps, 'steps' | 'inputs'>,
  batches: Iterable<Source>,
  Refusal: Refusal,
): Map<Value, Range> {
  const ranges = new Map<Value, Range>();
  const note = (value: Value | undefined, variable: Variable, path: string) => {
    if (!value || variable.dtype !== 'float32') return;
    let { low, high } = ranges.get(value) ?? { low: Infinity, high: -Infinity };
    for (const number of variable.storage.tensor.dataSync()) {
      if (!Number.isFinite(number)) throw new Refusal(`${path || 'The input'} is not finite for a batch`, { path });
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
    ranges.set(value, { low, high });
  };
  for (const batch of batches) {
    let count = 0;
    const watch = (name: string, results: readonly Variable[]) => {
      const step = steps[count++];
      if (step?.name !== name) throw new Refusal(`The network runs other ops for a batch: ${name}`, { path: name });
      results.forEach((variable, i) => note(step.results[i], variable, step.path));
    };
    noGrad(() =>
      scope(() => {
        const given = readData(batch);
        variablesIn(given).forEach((variable, i) => note(inputs[i], variable, ''));
        const run = () => inMode(net, false, () => net.forward(given));
        const { trace } = traced(run, [...variablesIn(given), ...net.tensors()], watch);
        for (const constant of trace.constants) constant.dispose();
      }),
    );
    net.reset();
  }
  return ranges;
}
