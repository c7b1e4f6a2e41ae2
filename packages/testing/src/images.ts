import { sizeOf } from '@tessera-nn/core/internal';
import { nd, type Nd } from './nd.js';
import { windowsOver, type ModuleWindow } from './windows.js';

/** The correlation of what lies on any axes with W `[outmaps, inmaps / groups, ...size]`, by loops, plus a bias. */
export function correlate(x: Nd, W: Nd, window: ModuleWindow, groups: number, bias?: Nd): Nd {
  const [batch, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const [outmaps, perGroup] = W.shape as [number, number];
  const { counts, taps } = windowsOver(lengths, window);
  const length = sizeOf(lengths);
  const y = nd([batch, outmaps, ...counts]);
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outmaps; o++)
      for (const seen of taps) {
        y.data[at] = bias ? bias.data[o]! : 0;
        for (let c = 0; c < perGroup; c++) {
          const map = Math.floor(o / (outmaps / groups)) * perGroup + c;
          seen.forEach((place, tap) => {
            if (place < 0) return;
            const weight = W.data[(o * perGroup + c) * seen.length + tap]!;
            y.data[at]! += x.data[(n * maps + map) * length + place]! * weight;
          });
        }
        at++;
      }
  return y;
}

/** Spreads x by W `[inmaps, outmaps / groups, ...size]` over places of a shape, plus a bias: the way back of `correlate`. */
export function spread(x: Nd, W: Nd, window: ModuleWindow, groups: number, lengths: readonly number[], bias?: Nd): Nd {
  const [batch, inmaps] = x.shape as [number, number];
  const perGroup = W.shape[1]!;
  const { taps } = windowsOver(lengths, window);
  const [outmaps, length] = [perGroup * groups, sizeOf(lengths)];
  const y = nd([batch, outmaps, ...lengths]);
  if (bias) y.data.forEach((_, at) => (y.data[at] = bias.data[Math.floor(at / length) % outmaps]!));
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < inmaps; c++)
      for (let o = 0; o < perGroup; o++) {
        const map = n * outmaps + Math.floor(c / (inmaps / groups)) * perGroup + o;
        taps.forEach((seen, from) => {
          seen.forEach((place, tap) => {
            if (place < 0) return;
            const weight = W.data[(c * perGroup + o) * seen.length + tap]!;
            y.data[map * length + place]! += x.data[(n * inmaps + c) * taps.length + from]! * weight;
          });
        });
      }
  return y;
}

/** Each map by its mean and biased variance over the batch and all places, times a scale, plus a bias. */
export function normalizeMaps(x: Nd, scale: Nd, bias: Nd, epsilon: number): Nd {
  const [, maps, ...lengths] = x.shape as [number, number, ...number[]];
  const length = sizeOf(lengths);
  const y = nd(x.shape);
  for (let map = 0; map < maps; map++) {
    const places = [...x.data.keys()].filter((at) => Math.floor(at / length) % maps === map);
    const mean = places.reduce((sum, at) => sum + x.data[at]!, 0) / places.length;
    const variance = places.reduce((sum, at) => sum + (x.data[at]! - mean) ** 2, 0) / places.length;
    for (const at of places)
      y.data[at] = (scale.data[map]! * (x.data[at]! - mean)) / Math.sqrt(variance + epsilon) + bias.data[map]!;
  }
  return y;
}
