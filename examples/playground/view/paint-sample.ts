const WHITE = 255;

/** Paints a sample of values from 0 to 1 on a canvas of its size; clear where there is none. */
export function paintSample(
  canvas: HTMLCanvasElement,
  sample: Float32Array | undefined,
  [maps, height, width]: readonly [number, number, number],
): void {
  [canvas.width, canvas.height] = [width, height];
  if (!sample) return;
  const size = height * width;
  const pixels = new Uint8ClampedArray(4 * size).fill(WHITE);
  for (let i = 0; i < size; i++) {
    for (let part = 0; part < 3; part++) pixels[4 * i + part] = WHITE * sample[(part % maps) * size + i]!;
  }
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}
