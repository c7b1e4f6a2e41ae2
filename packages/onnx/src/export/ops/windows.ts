import type { AttributeValue } from '../../format/attributes.js';
import type { Size } from '@tessera-nn/core/internal';
import type { Translation, Translator } from '../translate.js';

/** How a window goes over images: pads are above, below, left and right of them. */
interface Geometry {
  size: readonly number[];
  strides: readonly number[];
  pads: readonly [top: number, bottom: number, left: number, right: number];
  dilations: readonly number[];
  groups: number;
}

/** As ONNX has it: what lies before each axis, then what lies behind. */
const padsOf = ([top, bottom, left, right]: Geometry['pads']): number[] => [top, left, bottom, right];

const windowOf = ({ strides, pads, dilations }: Geometry) => ({
  strides: [...strides],
  pads: padsOf(pads),
  dilations: [...dilations],
});

/** Rows and columns of a value of images. */
const areaOf = (at: Translation, shape: readonly Size[]): number[] => at.fixed(shape.slice(2));

/** Runtimes take no padding as wide as a window of pooling; then it comes before. */
function pooled(at: Translation, opType: string, around: number, attributes: Record<string, AttributeValue>): string {
  const { size, strides, pads, dilations } = at.attrs<Geometry>();
  const reach = size.map((length, axis) => (length - 1) * dilations[axis]! + 1);
  const fits = pads.every((width, side) => width < reach[side >> 1]!);
  const window = { kernel_shape: [...size], strides: [...strides], ...attributes };
  if (fits) return at.add(opType, [at.names[0]!], { ...window, pads: padsOf(pads) });
  const [top, left, bottom, right] = padsOf(pads) as [number, number, number, number];
  const widths = at.writer.ints([0, 0, top, left, 0, 0, bottom, right]);
  const wide = at.add('Pad', [at.names[0]!, widths, at.writer.number(around)], { mode: 'constant' });
  return at.add(opType, [wide], window);
}

export const windowOps: Record<string, Translator> = {
  conv2d: (at) => {
    const geometry = at.attrs<Geometry>();
    const inputs = [at.nameOf('x'), at.nameOf('filter')];
    const bias = at.nameOf('bias');
    return at.add('Conv', bias ? [...inputs, bias] : inputs, { ...windowOf(geometry), group: geometry.groups });
  },
  // Convolution transposed: the images that a convolution of that window would have come from.
  'conv2d input gradient': (at) => {
    const geometry = at.attrs<Geometry>();
    const { strides, pads, dilations, groups } = geometry;
    const lengths = areaOf(at, at.step.named['dy']!.shape);
    const sizes = areaOf(at, at.step.named['filter']!.shape);
    const output_padding = areaOf(at, at.result.shape).map((length, axis) => {
      const reach = (sizes[axis]! - 1) * dilations[axis]! + 1;
      return length - ((lengths[axis]! - 1) * strides[axis]! + reach - pads[2 * axis]! - pads[2 * axis + 1]!);
    });
    const inputs = [at.nameOf('dy'), at.nameOf('filter')];
    return at.add('ConvTranspose', inputs, { ...windowOf(geometry), group: groups, output_padding });
  },
  'max pool': (at) => pooled(at, 'MaxPool', -Infinity, { dilations: [...at.attrs<Geometry>().dilations] }),
  'average pool': (at) => {
    const { includePad } = at.attrs<{ includePad: boolean }>();
    return pooled(at, 'AveragePool', 0, { count_include_pad: Number(includePad) });
  },
  upsample: (at) => {
    const { scale, placing } = at.attrs<{ scale: number[]; placing: 'nearest' | 'corners' | 'middles' }>();
    const transform = { nearest: 'asymmetric', corners: 'align_corners', middles: 'half_pixel' }[placing];
    const attributes = placing === 'nearest' ? { mode: 'nearest', nearest_mode: 'floor' } : { mode: 'linear' };
    const factors = at.writer.numbers([1, 1, ...scale]);
    return at.add('Resize', [at.names[0]!, '', factors], { ...attributes, coordinate_transformation_mode: transform });
  },
};
