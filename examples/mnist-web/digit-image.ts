const SIDE = 28;
const WHITE = 255;

/** Draws an image of 28 x 28 values from 0 to 1 onto a canvas of that size: white ink, no paper. */
export function drawDigit(canvas: HTMLCanvasElement, image: Float32Array): void {
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 4).fill(WHITE);
  image.forEach((value, i) => (pixels[4 * i + 3] = WHITE * value));
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, SIDE, SIDE), 0, 0);
}
