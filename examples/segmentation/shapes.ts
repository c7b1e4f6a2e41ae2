import { randomStream, Variable } from 'tessera-nn';

/** Height and width of the images. */
const SIZE = 32;
const NOISE = 0.3;

/** Noisy images with a disc or a square in each, and which pixels it covers. */
export function shapes(count: number): { images: Variable; masks: Variable } {
  const stream = randomStream();
  const [images, masks] = [new Float32Array(count * SIZE * SIZE), new Float32Array(count * SIZE * SIZE)];
  for (let n = 0; n < count; n++) {
    const reach = 4 + stream.integer(6);
    const [top, left] = [reach + stream.integer(SIZE - 2 * reach), reach + stream.integer(SIZE - 2 * reach)];
    const isDisc = stream.integer(2) === 0;
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const [down, across] = [Math.abs(y - top), Math.abs(x - left)];
        const covered = isDisc ? down ** 2 + across ** 2 <= reach ** 2 : Math.max(down, across) <= reach;
        const at = (n * SIZE + y) * SIZE + x;
        masks[at] = Number(covered);
        images[at] = masks[at] + stream.normal(0, NOISE);
      }
    }
  }
  const shape = [count, 1, SIZE, SIZE];
  return { images: new Variable(images, { shape }), masks: new Variable(masks, { shape }) };
}
