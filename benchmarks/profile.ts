import { launcher } from '@tessera-nn/kernels';
import type { DrawTime, Timed } from './row.js';

/** What each draw of a step on WebGL costs: each is waited for, so that the sum is more than a step takes. */
export async function profileDraws(step: Timed, rounds = 5): Promise<DrawTime[]> {
  const own = launcher()!;
  const gl = own.backend.gpgpu.gl as WebGL2RenderingContext;
  const pixel = new Float32Array(4);
  const finish = () => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, pixel);
  const times = new Map<string, DrawTime>();
  own.watch = (key, draw) => {
    const known = times.get(key) ?? { key, draws: 0, ms: 0 };
    times.set(key, known);
    finish();
    const start = performance.now();
    draw();
    finish();
    known.draws += 1 / rounds;
    known.ms += (performance.now() - start) / rounds;
  };
  try {
    for (let i = 0; i < rounds; i++) await step();
  } finally {
    own.watch = undefined;
  }
  return [...times.values()].sort((a, b) => b.ms - a.ms);
}
