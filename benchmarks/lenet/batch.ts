import { RandomStream, type HostBatch } from 'tessera';

/** A batch of random images and labels: what they show does not matter for time. */
export function lenetBatch(size = 64): HostBatch {
  const random = new RandomStream(3);
  return {
    data: Float32Array.from({ length: size * 784 }, () => random.uniform()),
    shape: [size, 1, 28, 28],
    target: Int32Array.from({ length: size }, (_, i) => i % 10),
  };
}
