import { Activation, Conv2D, Flatten, Linear, MaxPool2D, seed, Sequential, type HostBatch } from 'tessera-nn';
import { trainingStep } from '../training.js';

/** LeNet: 16 filters 3x3, pool, relu, 32 filters 4x4, pool, relu, 1024, relu, 10. */
export function oursNet(): Sequential {
  seed(1);
  return new Sequential([
    new Conv2D(1, 16, 3),
    new MaxPool2D(2),
    new Activation('relu'),
    new Conv2D(16, 32, 4),
    new MaxPool2D(2),
    new Activation('relu'),
    new Flatten(),
    new Linear(800, 1024),
    new Activation('relu'),
    new Linear(1024, 10),
  ]);
}

/** One training step with its loss read back; Adam. */
export const oursStep = (batch: HostBatch): (() => Promise<number>) => trainingStep(oursNet(), batch);
