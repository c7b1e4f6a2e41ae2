import { getBackend } from '@tensorflow/tfjs-core';
import { assertContext } from './context.js';
import { launcher } from './find-launcher.js';

/**
 * Compiles the WebGL programs of some work before it is done in earnest. The work runs once without drawing, so that
 * what it computes is arbitrary; then the page is given back between one program and the next.
 *
 * @returns how many programs were compiled: 0 when all were known, and on backends that compile nothing, where the work
 * is not run.
 */
export async function compileAhead(
  work: () => void,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<number> {
  const own = getBackend() === 'webgl' ? launcher() : undefined;
  if (!own) return 0;
  own.collect(work);
  const total = own.issued;
  for (let done = 1; done <= total; done++) {
    await new Promise((resolve) => setTimeout(resolve));
    assertContext();
    if (!own.finishNext()) break;
    onProgress(done, total);
  }
  return total;
}
