import { ArrayDataset, randomStream } from 'tessera-nn';

/** Height and width of the pictures, as in CIFAR-10. */
const SIZE = 32;
const NOISE = 0.1;

/** What a picture may show: whether a point, in parts of half the thing's height from its middle, belongs to it. */
const FORMS: ((x: number, y: number) => boolean)[] = [
  (x, y) => x ** 2 + y ** 2 <= 1, // a disc
  (x, y) => x ** 2 + y ** 2 <= 1 && x ** 2 + y ** 2 >= 0.35, // a ring
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.85, // a square
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.85 && Math.max(Math.abs(x), Math.abs(y)) >= 0.5, // a frame
  (x, y) => Math.abs(x) + Math.abs(y) <= 1, // a diamond
  (x, y) => Math.abs(y) <= 0.9 && Math.abs(x) <= (y + 0.9) / 2, // a triangle
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 1 && Math.min(Math.abs(x), Math.abs(y)) <= 0.25, // a plus
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.9 && Math.abs(Math.abs(x) - Math.abs(y)) <= 0.35, // a cross
  (x, y) => Math.abs(x) <= 1 && Math.abs(y) <= 0.3, // a bar
  (x, y) => Math.abs(x) <= 0.3 && Math.abs(y) <= 1, // a post
];

/** Noisy pictures of ten forms, each in a colour of its own, before another. */
export function colourShapes(count: number): ArrayDataset {
  const stream = randomStream();
  const [data, labels] = [new Float32Array(count * 3 * SIZE ** 2), new Int32Array(count)];
  for (let n = 0; n < count; n++) {
    labels[n] = n % FORMS.length;
    const reach = 6 + stream.uniform() * 6;
    const middle = () => reach + stream.uniform() * (SIZE - 2 * reach);
    const [top, left] = [middle(), middle()];
    const behind = [0, 0, 0].map(() => stream.uniform());
    // A form is at least 0.3 brighter or darker than what is behind it, in each map.
    const before = behind.map((level) => (level + 0.3 + 0.4 * stream.uniform()) % 1);
    for (let map = 0; map < 3; map++) {
      for (let y = 0; y < SIZE; y++) {
        for (let x = 0; x < SIZE; x++) {
          const inside = FORMS[labels[n]!]!((x - left) / reach, (y - top) / reach);
          data[((n * 3 + map) * SIZE + y) * SIZE + x] = (inside ? before : behind)[map]! + stream.normal(0, NOISE);
        }
      }
    }
  }
  return new ArrayDataset({ data, shape: [count, 3, SIZE, SIZE], labels });
}
