import { Module } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

/** What lies behind the batch and the maps of an input. */
export interface Space {
  readonly plural: string;
  readonly axes: readonly string[];
}

export const SEQUENCES: Space = { plural: 'sequences', axes: ['length'] };
export const IMAGES: Space = { plural: 'images', axes: ['height', 'width'] };
export const VOLUMES: Space = { plural: 'volumes', axes: ['depth', 'height', 'width'] };

/** A module that takes images, or what another space holds, whatever their maps and size. */
export abstract class Spatial extends Module {
  protected get space(): Space {
    return IMAGES;
  }

  /** A shape as messages have it. */
  protected shapeOf(maps: number | string = 'maps'): string {
    return `[${['batch', maps, ...this.space.axes].join(', ')}]`;
  }

  /** @throws ShapeError for another rank. */
  protected checkSpace(shape: readonly number[], maps?: number): void {
    const { plural, axes } = this.space;
    const missing = axes.length + 2 - shape.length;
    if (missing === 0) return;
    throw this.shapeError(`input ${shapeText(shape)} is not a batch of ${plural}`, {
      expected: this.shapeOf(maps),
      received: shapeText(shape),
      hint: missing === 1 ? 'Add the batch axis in front, or the axis of maps behind it' : '',
    });
  }

  /** The same for images. */
  protected checkImages(shape: readonly number[]): readonly [number, number, number, number] {
    this.checkSpace(shape);
    return shape as readonly [number, number, number, number];
  }
}
