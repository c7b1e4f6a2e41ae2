import { engine } from '@tensorflow/tfjs-core';

/**
 * Runs synchronous work on a tape of tfjs that is its own: nothing of it is recorded on the one outside.
 *
 * tfjs 4.22 has one tape for all. A `tf.grad` that runs while another one goes backward throws the outer tape away, one
 * that runs inside a kernel records nothing, and one that throws leaves behind what its ops had saved.
 */
export function onOwnTape<T>(work: () => T): T {
  const { state } = engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, { activeTape: [], gradientDepth: 0, kernelDepth: 0 });
  try {
    return work();
  } catch (error) {
    for (const { saved = [] } of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
    throw error;
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}
