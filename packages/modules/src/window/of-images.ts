import { Module } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

/** A module that takes images, whatever their maps and size. */
export abstract class OfImages extends Module {
  /** @throws ShapeError for another rank. */
  protected checkImages(shape: readonly number[]): readonly [number, number, number, number] {
    if (shape.length === 4) return shape as readonly [number, number, number, number];
    throw this.shapeError(`input ${shapeText(shape)} is not a batch of images`, {
      expected: '[batch, maps, height, width]',
      received: shapeText(shape),
    });
  }
}
