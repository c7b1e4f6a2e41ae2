import { randomStream, RandomStream, syntheticDigits, Variable } from 'tessera-nn';

const digits = syntheticDigits({ count: 1024, stream: new RandomStream(3) });
const [seen, unseen] = [digits.slice(0, 896), digits.slice(896)];

/** Digits, and as many with the same pixels in disorder: what sets them apart is shape alone. */
export function images(from: 'seen' | 'unseen', count: number): { real: Variable; fake: Variable } {
  const source = from === 'seen' ? seen : unseen;
  const draw = () => source.gather(randomStream().permutation(source.length).subarray(0, count));
  const [real, fake] = [draw(), draw()];
  const pixels = fake.data.length / count;
  for (let from = 0; from < fake.data.length; from += pixels) {
    const image = fake.data.subarray(from, from + pixels);
    image.set(Float32Array.from(randomStream().permutation(pixels), (place) => image[place]!));
  }
  const { shape } = real;
  return { real: new Variable(real.data, { shape }), fake: new Variable(fake.data, { shape }) };
}
