import { TesseraError } from '@tessera-nn/core';

/** A network that cannot be written as a TFLite file. */
export class TfliteError extends TesseraError {
  static {
    this.named('TfliteError');
  }
}
