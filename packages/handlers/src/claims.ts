import { ModuleError, type AnyModule } from '@tessera-nn/core';

/** A run of training, and where it is. */
export interface Run {
  readonly module: AnyModule;
  readonly cost: object;
  readonly optimizer: object;
  readonly current: { readonly epoch: number; readonly batch: number } | undefined;
}

/** Which run changes what, for as long as it goes. */
const owners = new WeakMap<object, Run>();

/**
 * Claims all that a run changes, until the function that it returns is called: two runs at once would each change it behind
 * the other's back. What neither changes they may share, as a frozen stem in eval mode.
 *
 * @throws ModuleError when another run changes some of it.
 */
export function claim(run: Run): () => void {
  const changed = [...changedBy(run)];
  for (const [object, name] of changed) {
    const other = owners.get(object);
    if (other) throw refusal(run, other, name);
  }
  for (const [object] of changed) owners.set(object, run);
  return () => {
    for (const [object] of changed) owners.delete(object);
  };
}

/** All that a step changes, with words for it: weights, running statistics, the optimizer's state, the sums of the cost. */
function* changedBy({ module, cost, optimizer }: Run): Generator<[object, string]> {
  yield [module, module.label];
  for (const [name, variable] of module.namedParameters()) {
    if (variable.requiresGrad) yield [variable, `the parameter "${name}" of ${module.label}`];
  }
  for (const part of module.modules()) {
    if (module.training && !part.training) continue; // it stays in eval mode
    for (const [name, variable] of part.namedBuffers({ recursive: false })) {
      yield [variable, `the buffer "${name}" of ${part.label}`];
    }
  }
  yield [optimizer, 'its optimizer'];
  yield [cost, 'its cost, which adds up errors'];
}

function refusal(run: Run, other: Run, what: string): ModuleError {
  const at = other.current ? `, at batch ${other.current.batch} of epoch ${other.current.epoch}` : '';
  const subject =
    other === run
      ? 'This Trainer is running already'
      : other.module === run.module
        ? `Another Trainer trains ${other.module.label} already`
        : `The Trainer of ${run.module.label} would share ${what} with the Trainer of ${other.module.label}, which is running`;
  return new ModuleError(`${subject}${at}`, {
    path: run.module.path,
    hint: 'End the first run before starting another: leave its loop or abort its signal',
  });
}
