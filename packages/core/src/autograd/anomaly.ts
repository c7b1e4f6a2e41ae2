import { AutogradError, currentBackend } from '@tessera-nn/kernels';
import { checkFunction } from '@tessera-nn/kernels/internal';
import { all, isFinite as finiteTensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { synchronous } from '../unwanted-promise.js';

let watching = false;

/** Whether every op is looked at now. */
export function isWatching(): boolean {
  return watching;
}

/**
 * Runs a synchronous function and stops at the first op, forward or backward, that returns NaN or an infinity: the error
 * names the op and the path of its module, and its stack leads to the line that called it.
 *
 * For finding a fault, not for training: every result is looked at, on WebGL with a reduction that is read back at once.
 * Source: `torch.autograd.detect_anomaly`, which looks at backward passes only.
 *
 * @example
 * detectAnomaly(() => {
 *   const loss = cost.forward(net.forward(images), labels);
 *   loss.backward();
 * });
 * @throws AutogradError at the first such op, and when the function returns a Promise.
 */
export function detectAnomaly<T>(work: () => T): T {
  checkFunction(work, 'detectAnomaly');
  return synchronous(withWatching(true, work), 'detectAnomaly was given an asynchronous function', {
    path: 'detectAnomaly',
    hint: 'Put detectAnomaly around the synchronous part, between the awaits',
  });
}

/** Runs work with each op looked at, or not. */
export function withWatching<T>(value: boolean, work: () => T): T {
  const before = watching;
  watching = value;
  try {
    return work();
  } finally {
    watching = before;
  }
}

/** What an op, or its gradient, took and gave. */
export interface Watched {
  /** The op with the module it ran in. */
  subject: string;
  path: string;
  inputs: readonly Tensor[];
  results: readonly Tensor[];
}

/** @throws AutogradError when a result has NaN or an infinity in it. */
export function assertFinite({ subject, path, inputs, results }: Watched): void {
  if (results.every(isAllFinite)) return;
  throw new AutogradError(`${subject} returned NaN or an infinity`, {
    path,
    hint: inputs.every(isAllFinite)
      ? `All that it was given was finite${rangeOf(inputs)}`
      : 'It was already given such numbers',
  });
}

/** From where to where the values go. */
function rangeOf(tensors: readonly Tensor[]): string {
  let [least, most] = [Infinity, -Infinity];
  for (const tensor of tensors) {
    for (const value of tensor.dataSync()) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return least <= most ? `, from ${shortest(least)} to ${shortest(most)}` : '';
}

/** Three digits are enough to see what is wrong. */
const shortest = (value: number) => String(Number(value.toPrecision(3)));

/** Whether there is neither NaN nor an infinity in a tensor; waits for the device. */
export function isAllFinite(tensor: Tensor): boolean {
  if (tensor.dtype !== 'float32') return true;
  if (currentBackend() === 'webgl') return tidy(() => all(finiteTensor(tensor)).dataSync()[0] === 1);
  return (tensor.dataSync() as Float32Array).every(Number.isFinite);
}
