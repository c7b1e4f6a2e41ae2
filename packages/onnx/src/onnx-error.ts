import { TesseraError } from '@tessera-nn/core';

/** A network that cannot be written as an ONNX file, or a file that cannot be read as one. */
export class OnnxError extends TesseraError {
  static {
    this.named('OnnxError');
  }
}
