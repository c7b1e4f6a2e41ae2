import {
  Adam,
  CrossEntropy,
  RandomStream,
  trainStep,
  type HostBatch,
  type NodeInfo,
  type Sequential,
} from 'tessera-nn';

/** Random images and labels: what they show does not matter for time. */
export function randomBatch(shape: readonly [batch: number, maps: number, height: number, width: number]): HostBatch {
  const random = new RandomStream(3);
  return {
    data: Float32Array.from({ length: shape.reduce((size, length) => size * length) }, () => random.uniform()),
    shape: [...shape],
    target: Int32Array.from({ length: shape[0] }, (_, i) => i % 10),
  };
}

/** One training step of a net with its loss read back; Adam, softmax cross-entropy. */
export function trainingStep(module: Sequential, batch: HostBatch, nodeinfo?: NodeInfo): () => Promise<number> {
  const learner = {
    module,
    cost: new CrossEntropy(),
    optimizer: new Adam({ learnRate: 1e-3, nodeinfo }).setupOn(module),
  };
  return async () => {
    const loss = trainStep(learner, batch);
    try {
      return await loss.item();
    } finally {
      loss.dispose();
    }
  };
}
