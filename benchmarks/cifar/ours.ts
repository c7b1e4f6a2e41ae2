import {
  Activation,
  BatchNorm2D,
  Conv2D,
  Flatten,
  Linear,
  MaxPool2D,
  seed,
  Sequential,
  type HostBatch,
  type Module,
  type NodeInfo,
} from 'tessera-nn';
import { trainingStep } from '../training.js';

const normalized = (maps: number, outMaps: number): Module[] => [
  new Conv2D(maps, outMaps, 3, 1, 1),
  new BatchNorm2D(outMaps),
  new Activation('relu'),
];

/** One training step of the CIFAR net with its loss read back: two blocks of two conv3x3-BN-relu and a pool, 128, relu, 10; Adam. */
export function oursStep(batch: HostBatch, nodeinfo?: NodeInfo): () => Promise<number> {
  seed(1);
  const module = new Sequential([
    ...normalized(3, 32),
    ...normalized(32, 32),
    new MaxPool2D(2),
    ...normalized(32, 64),
    ...normalized(64, 64),
    new MaxPool2D(2),
    new Flatten(),
    new Linear(4096, 128),
    new Activation('relu'),
    new Linear(128, 10),
  ]);
  return trainingStep(module, batch, nodeinfo);
}
