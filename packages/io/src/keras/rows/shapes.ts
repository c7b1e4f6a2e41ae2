import { Lack } from '../layer-options.js';
import type { LayerRow, Part } from '../row.js';
import { checkSpace } from './axes.js';

const dropout = (className: string, option = 'rate'): LayerRow => ({
  make: ({ options }) => {
    options.refuse('noise_shape', [null]);
    return { parts: [{ className, options: { p: options.number(option, 0) } }] };
  },
});

const spatialDropout = (className: string, axes: number): LayerRow => ({
  takes: 'front',
  make: (given) => {
    checkSpace(given, axes);
    return { parts: [{ className, options: { p: given.options.number('rate', 0) } }] };
  },
});

const zeroPadding = (className: string, axes: number): LayerRow => ({
  takes: 'front',
  make: (given) => {
    checkSpace(given, axes);
    return { parts: [{ className, options: { pad: given.options.sides('padding', axes).flat() } }] };
  },
});

const upsampling = (className: string, axes: number): LayerRow => ({
  takes: 'front',
  make: (given) => {
    checkSpace(given, axes);
    const { options, maker } = given;
    const scale = options.extents('size', axes, 2);
    const mode = options.choice('interpolation', axes === 2 ? ['nearest', 'bilinear'] : ['nearest'], 'nearest');
    if (mode === 'nearest') return { parts: [{ className, options: { scale } }] };
    if (maker.isTfjs) throw new Lack('with interpolation "bilinear", which tfjs-layers does in a way of its own');
    return { parts: [{ className, options: { scale, mode, alignCorners: false } }] };
  },
});

const flatten: Part = { className: 'Flatten', options: {} };

export const shapeRows: Readonly<Record<string, LayerRow>> = {
  Flatten: {
    takes: 'back',
    make: ({ options }) => {
      options.refuse('data_format', ['channels_last', null]);
      return { parts: [flatten], rank: 2 };
    },
  },
  Reshape: {
    takes: 'back',
    make: ({ options }) => {
      const target = options.whole('target_shape');
      // A size of 0 stands for another one here.
      if (target.some((size) => size === 0)) throw new Lack('to an empty shape');
      return {
        parts: [{ className: 'Reshape', options: { shape: [0, ...target] } }],
        rank: target.length + 1,
        order: 'back',
      };
    },
  },
  Permute: {
    takes: 'back',
    make: ({ options }) => ({ parts: [{ className: 'Transpose', options: { axes: [0, ...options.whole('dims')] } }] }),
  },
  RepeatVector: {
    make: ({ options, rank }) => {
      if (rank !== 2) throw new Lack(`behind something of ${rank} axes`);
      const parts = [
        { className: 'Reshape', options: { shape: [0, 1, -1] } },
        { className: 'Tile', options: { axis: 1, times: options.number('n') } },
      ];
      return { parts, rank: 3, order: 'back' };
    },
  },
  Rescaling: {
    make: ({ options }) => {
      const numbers = { a: options.number('scale'), b: options.number('offset', 0) };
      return { parts: [{ className: 'MulAddConst', options: numbers }] };
    },
  },
  ZeroPadding1D: zeroPadding('Pad1D', 1),
  ZeroPadding2D: zeroPadding('Pad2D', 2),
  UpSampling2D: upsampling('Upsample2D', 2),
  UpSampling3D: upsampling('Upsample3D', 3),
  Dropout: dropout('Dropout'),
  AlphaDropout: dropout('AlphaDropout'),
  SpatialDropout1D: spatialDropout('Dropout1D', 1),
  SpatialDropout2D: spatialDropout('Dropout2D', 2),
  SpatialDropout3D: spatialDropout('Dropout3D', 3),
  ActivityRegularization: { make: () => ({ parts: [] }) },
};
