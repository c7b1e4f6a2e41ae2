import { imageShape } from '@tessera-nn/core/internal';
import { nd, type Nd } from './nd.js';
import { windowsAlong, type ModuleWindow } from './windows.js';

/** The correlation of images with W `[outmaps, inmaps / groups, height, width]`, by loops. */
export function correlate(x: Nd, W: Nd, window: ModuleWindow, groups: number): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const [outmaps, perGroup, rows, columns] = imageShape(W.shape);
  const [tops, lefts] = [windowsAlong(0, height, window).starts, windowsAlong(1, width, window).starts];
  const y = nd([batch, outmaps, tops.length, lefts.length]);
  let at = 0;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outmaps; o++)
      for (const top of tops)
        for (const left of lefts) {
          for (let tap = 0; tap < perGroup * rows * columns; tap++) {
            const map = Math.floor(o / (outmaps / groups)) * perGroup + Math.floor(tap / (rows * columns));
            const row = top + (Math.floor(tap / columns) % rows) * window.dilation[0];
            const column = left + (tap % columns) * window.dilation[1];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            const pixel = x.data[((n * maps + map) * height + row) * width + column]!;
            y.data[at]! += pixel * W.data[o * perGroup * rows * columns + tap]!;
          }
          at++;
        }
  return y;
}

/** Each map by its mean and biased variance over the batch and all places, times a scale, plus a bias. */
export function normalizeMaps(x: Nd, scale: Nd, bias: Nd, epsilon: number): Nd {
  const [, maps, height, width] = imageShape(x.shape);
  const y = nd(x.shape);
  for (let map = 0; map < maps; map++) {
    const places = [...x.data.keys()].filter((at) => Math.floor(at / (height * width)) % maps === map);
    const mean = places.reduce((sum, at) => sum + x.data[at]!, 0) / places.length;
    const variance = places.reduce((sum, at) => sum + (x.data[at]! - mean) ** 2, 0) / places.length;
    for (const at of places)
      y.data[at] = (scale.data[map]! * (x.data[at]! - mean)) / Math.sqrt(variance + epsilon) + bias.data[map]!;
  }
  return y;
}
