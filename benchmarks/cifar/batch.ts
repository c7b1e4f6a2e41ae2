import type { HostBatch } from 'tessera-nn';
import { randomBatch } from '../training.js';

/** A batch of random coloured images of 32 by 32 and their labels. */
export const cifarBatch = (size = 32): HostBatch => randomBatch([size, 3, 32, 32]);
