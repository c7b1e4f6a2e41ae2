import { TesseraError } from '@tessera-nn/core';

/** Ranks do not meet: one of them has ended or makes another call, or what they meet by is not there. */
export class GridError extends TesseraError {
  static {
    this.named('GridError');
  }
}
