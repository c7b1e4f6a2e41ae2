import type { HostBatch } from 'tessera-nn';
import { randomBatch } from '../training.js';

/** A batch of random images and labels of digits. */
export const lenetBatch = (size = 64): HostBatch => randomBatch([size, 1, 28, 28]);
