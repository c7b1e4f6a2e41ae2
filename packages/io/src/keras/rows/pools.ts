import { Lack } from '../layer-options.js';
import type { LayerRow } from '../row.js';
import { checkSpace } from './axes.js';

const extent = (sizes: readonly number[]) => (sizes.length === 1 ? sizes[0]! : sizes);

const pooling = (className: string, axes: number, more: object = {}): LayerRow => ({
  takes: 'front',
  make: (given) => {
    checkSpace(given, axes);
    const size = given.options.extents('pool_size', axes, 2);
    const stride = given.options.extents('strides', axes, size);
    const pad = given.options.choice('padding', ['valid', 'same'], 'valid');
    return { parts: [{ className, options: { size: extent(size), stride: extent(stride), pad, ...more } }] };
  },
});
/** Keras divides by the places that a window sees. */
const average = (className: string, axes: number) => pooling(className, axes, { includePad: false });

/** Sequences and volumes are images of one column for that. */
const overAll = (className: string, axes: number): LayerRow => ({
  takes: 'front',
  make: (given) => {
    checkSpace(given, axes);
    const keepDims = given.options.flag('keepdims', false);
    if (axes !== 2 && keepDims) throw new Lack('with keepdims');
    const asImages = { className: 'Reshape', options: { shape: [0, 0, -1, 1] } };
    const parts = [...(axes === 2 ? [] : [asImages]), { className, options: { keepDims } }];
    return { parts, rank: keepDims ? given.rank : 2 };
  },
});

export const poolRows: Readonly<Record<string, LayerRow>> = {
  MaxPooling1D: pooling('MaxPool1D', 1),
  MaxPooling2D: pooling('MaxPool2D', 2),
  MaxPooling3D: pooling('MaxPool3D', 3),
  AveragePooling1D: average('AvgPool1D', 1),
  AveragePooling2D: average('AvgPool2D', 2),
  AveragePooling3D: average('AvgPool3D', 3),
  GlobalAveragePooling1D: overAll('GlobalAvgPool2D', 1),
  GlobalAveragePooling2D: overAll('GlobalAvgPool2D', 2),
  GlobalAveragePooling3D: overAll('GlobalAvgPool2D', 3),
  GlobalMaxPooling1D: overAll('GlobalMaxPool2D', 1),
  GlobalMaxPooling2D: overAll('GlobalMaxPool2D', 2),
  GlobalMaxPooling3D: overAll('GlobalMaxPool2D', 3),
};
