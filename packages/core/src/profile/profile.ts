import { AutogradError } from '@tessera-nn/kernels';
import { checkFunction, hasSpanWatcher, watchingSpans } from '@tessera-nn/kernels/internal';
import { synchronous } from '../unwanted-promise.js';
import type { Profile } from './report.js';
import { Stopwatch } from './stopwatch.js';

/**
 * Runs a synchronous function once and says where its time went: by module path, op and kernel, on WebGL down to single
 * draws. What is left over belongs to the module or op around it, so that the rows add up to the whole.
 *
 * On WebGL the time of the device is that of its timer queries; where the browser has none, each draw is waited for, and
 * the whole takes longer than it does alone. Call the function twice before: its first call compiles. An optimizer's
 * update belongs to no module. What nobody profiles is not watched.
 *
 * @throws AutogradError when the function returns a Promise, and when it profiles something itself.
 * @throws BackendError when the clock of the graphics device was interrupted.
 *
 * @example
 * const report = await profile(() => {
 *   const loss = cost.forward(net.forward(images), labels);
 *   loss.backward();
 *   optimizer.update();
 * });
 * console.log(String(report));
 */
export async function profile(work: () => unknown): Promise<Profile> {
  checkFunction(work, 'profile');
  if (hasSpanWatcher()) {
    throw new AutogradError('profile was called inside of what is profiled', {
      path: 'profile',
      hint: 'Profile the outer function alone: its rows name what runs inside',
    });
  }
  const stopwatch = new Stopwatch();
  try {
    synchronous(watchingSpans(stopwatch, work), 'profile was given an asynchronous function', {
      path: 'profile',
      hint: 'Profile what runs between the awaits',
    });
  } finally {
    await stopwatch.stop();
  }
  return stopwatch.profile();
}
