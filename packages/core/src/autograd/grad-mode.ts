import { checkFunction } from '@tessera-nn/kernels/internal';
import { checkVariables } from '../variable/new-variable.js';
import { synchronous } from '../unwanted-promise.js';
import type { Variable } from '../variable/variable.js';

let recording = true;

/** Whether ops are recorded on the tape now. */
export function isRecording(): boolean {
  return recording;
}

/**
 * Runs a synchronous function without recording: intermediates die at once and nothing can be differentiated.
 *
 * @throws AutogradError when the function returns a Promise: after its first await it would record again.
 */
export function noGrad<T>(work: () => T): T {
  checkFunction(work, 'noGrad');
  return withRecording(false, work);
}

/** Runs synchronous work with recording switched on or off. */
export function withRecording<T>(value: boolean, work: () => T): T {
  const before = recording;
  recording = value;
  try {
    return synchronous(work(), 'noGrad was given an asynchronous function', {
      path: 'noGrad',
      hint: 'Put noGrad around the synchronous part, between the awaits',
    });
  } finally {
    recording = before;
  }
}

/**
 * The same values as a constant: no gradient flows through it, whatever led to x. What `x.detach()` returns.
 *
 * Shapes: any to the same. Source: JAX's `stop_gradient`.
 *
 * @example
 * const target = stopGradient(teacher.forward(images));
 */
export function stopGradient(x: Variable): Variable {
  checkVariables([x], 'stopGradient');
  return x.detach();
}
