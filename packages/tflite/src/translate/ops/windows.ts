import type { Size } from '@tessera-nn/core/internal';
import { padding } from '../../format/operators.js';
import { mapsLast } from '../../graph/order.js';
import type { Floats, Tensor } from '../../graph/tensor.js';
import type { Lying, Translation, Translator } from '../translation.js';

/** How a window goes over images: pads are above, below, left and right of them. */
interface Geometry {
  size: readonly number[];
  strides: readonly number[];
  pads: readonly [top: number, bottom: number, left: number, right: number];
  dilations: readonly number[];
  groups: number;
}

const IMAGES = mapsLast(4);

/** How far a window reaches along each axis. */
const reachOf = ({ size, dilations }: Geometry): number[] =>
  size.map((length, axis) => (length - 1) * dilations[axis]! + 1);

/** What `SAME` pads in front and behind: as much as results at every stride need, the odd place behind. */
function samePads(lengths: readonly number[], geometry: Geometry): number[] {
  return reachOf(geometry).flatMap((reach, axis) => {
    const stride = geometry.strides[axis]!;
    const all = Math.max(0, (Math.ceil(lengths[axis]! / stride) - 1) * stride + reach - lengths[axis]!);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  });
}

const equal = (a: readonly number[], b: readonly number[]): boolean => a.every((value, i) => value === b[i]);

/** Rows and columns of images. */
const areaOf = (at: Translation, shape: readonly Size[]): number[] => at.fixed(shape.slice(2));

const strided = ({ strides: [strideH, strideW] }: Geometry) => ({ strideW: strideW!, strideH: strideH! });

/** Images with places around them. */
function widened(at: Translation, x: Tensor, [top, bottom, left, right]: readonly number[], around: number): Tensor {
  const shape = x.shape.map((size, axis) => {
    const more = axis === 1 ? top! + bottom! : axis === 2 ? left! + right! : 0;
    return typeof size === 'number' ? size + more : size;
  });
  const widths = at.graph.ints([0, 0, top!, bottom!, left!, right!, 0, 0], [4, 2]);
  if (around === 0) return at.graph.add('PAD', [x, widths], { shape });
  return at.graph.add('PADV2', [x, widths, at.graph.floats([around], [])], { shape });
}

/** Images, padded where no kind of padding of TFLite is the wanted one, and the kind for what they are then. */
function paddedFor(at: Translation, value: Tensor, around: number): { x: Tensor; kind: number } {
  const geometry = at.attrs<Geometry>();
  const { pads } = geometry;
  if (pads.every((width) => width === 0)) return { x: value, kind: padding.VALID };
  const same = samePads(at.fixed(value.shape.slice(1, 3)), geometry);
  if (equal(pads, same)) return { x: value, kind: padding.SAME };
  return { x: widened(at, value, pads, around), kind: padding.VALID };
}

/** The numbers of a bias, which convolutions always have. */
function biasOf(at: Translation, maps: number): Tensor {
  const bias = at.step.named['bias'];
  return bias ? at.values.in(bias, [0]) : at.graph.constant(new Float32Array(maps), [maps]);
}

function pooled(at: Translation, name: 'MAX_POOL_2D' | 'AVERAGE_POOL_2D', around: number): Lying {
  const geometry = at.attrs<Geometry>();
  if (geometry.dilations.some((step) => step !== 1)) at.refuse('with gaps in its window');
  const { x, kind } = paddedFor(at, at.images(), around);
  return at.add(name, [x], IMAGES, { padding: kind, ...strided(geometry), ...windowSize(geometry) });
}

const windowSize = ({ size: [height, width] }: Geometry) => ({ width: width!, height: height! });

/** The mean over what of each window lies in the image. */
function averageOfInside(at: Translation): Lying {
  const geometry = at.attrs<Geometry>();
  const lengths = areaOf(at, at.input.shape);
  const { size, strides, pads } = geometry;
  if (pads.every((width) => width === 0) || equal(pads, samePads(lengths, geometry))) {
    return pooled(at, 'AVERAGE_POOL_2D', 0);
  }
  const { tensor, order } = pooled(at, 'AVERAGE_POOL_2D', 0);
  // That of all places, times all by those inside.
  const [rows, columns] = areaOf(at, at.result.shape).map((count, axis) =>
    Array.from({ length: count }, (_, i) => {
      const first = i * strides[axis]! - pads[2 * axis]!;
      return Math.min(first + size[axis]!, lengths[axis]!) - Math.max(first, 0);
    }),
  ) as [number[], number[]];
  const factors = rows.flatMap((row) => columns.map((column) => (size[0]! * size[1]!) / (row * column)));
  const shape = [rows.length, columns.length, 1];
  return { tensor: at.graph.add('MUL', [tensor, at.graph.floats(factors, shape)], { shape: tensor.shape }), order };
}

/** The images that a convolution would have come from, of one group of maps. */
function transposed(at: Translation, x: Tensor, filter: Tensor, maps: number): Tensor {
  const geometry = at.attrs<Geometry>();
  const { strides, pads } = geometry;
  const lengths = at.fixed(x.shape.slice(1, 3));
  const wanted = areaOf(at, at.result.shape);
  const batch = at.result.shape[0]!;
  const whole = lengths.map((length, axis) => (length - 1) * strides[axis]! + geometry.size[axis]!);
  const add = ([height, width]: readonly number[], kind: number) => {
    const shape = [batch, height!, width!, maps];
    const options = { padding: kind, ...strided(geometry) };
    return at.graph.add('TRANSPOSE_CONV', [at.graph.sizes(shape), filter, x], { shape }, options);
  };
  const isSame = wanted.every((length, axis) => Math.ceil(length / strides[axis]!) === lengths[axis]);
  if (isSame && equal(pads, samePads(wanted, geometry))) return add(wanted, padding.SAME);
  const made = add(whole, padding.VALID);
  // What was padding of the convolution is cut off, and what no window reached is added.
  const more = wanted.map((length, axis) => Math.max(0, length + pads[2 * axis]! - whole[axis]!));
  const reached = more.some((length) => length > 0) ? widened(at, made, [0, more[0]!, 0, more[1]!], 0) : made;
  const shape = [batch, ...wanted, maps];
  if (equal(wanted, whole)) return reached;
  const begin = at.graph.ints([0, pads[0], pads[2], 0]);
  return at.graph.add('SLICE', [reached, begin, at.graph.ints([-1, ...wanted, -1])], { shape });
}

export const windowOps: Record<string, Translator> = {
  conv2d: (at) => {
    const geometry = at.attrs<Geometry>();
    const { groups, dilations } = geometry;
    const maps = at.constant('filter').shape[0]!;
    const { x, kind } = paddedFor(at, at.images(at.named('x')), 0);
    const inmaps = x.shape[3] as number;
    const options = {
      padding: kind,
      ...strided(geometry),
      dilationW: dilations[1]!,
      dilationH: dilations[0]!,
    };
    const bias = biasOf(at, maps);
    if (groups === inmaps && groups > 1) {
      const filter = at.values.in(at.named('filter'), [1, 2, 3, 0]);
      return at.add('DEPTHWISE_CONV_2D', [x, filter, bias], IMAGES, { ...options, multiplier: maps / inmaps });
    }
    return at.add('CONV_2D', [x, at.values.in(at.named('filter'), [0, 2, 3, 1]), bias], IMAGES, options);
  },
  // Convolution transposed.
  'conv2d input gradient': (at) => {
    const { groups, dilations } = at.attrs<Geometry>();
    if (dilations.some((step) => step !== 1)) at.refuse('with gaps in its window');
    at.constant('filter');
    const filter = at.values.in(at.named('filter'), [1, 2, 3, 0]) as Floats;
    const x = at.images(at.named('dy'));
    const maps = filter.shape[0] as number;
    if (groups === 1) return { tensor: transposed(at, x, filter, maps), order: IMAGES };
    // TFLite has it for one group; others are computed beside each other.
    const inmaps = (x.shape[3] as number) / groups;
    const shape = [...x.shape.slice(0, 3), inmaps];
    const sizes = at.graph.ints(new Array<number>(groups).fill(inmaps));
    const made = new Array<{ shape: Size[] }>(groups).fill({ shape });
    const parts = at.graph.addAll('SPLIT_V', [x, sizes, at.graph.ints([3], [])], made, { count: groups });
    const results = parts.map((part, group) => {
      const data = filter.data.filter((_, i) => Math.floor((i % (inmaps * groups)) / inmaps) === group);
      const own = at.graph.constant(data, [...(filter.shape.slice(0, 3) as number[]), inmaps], filter.name);
      return transposed(at, part, own, maps);
    });
    return at.add('CONCATENATION', results, IMAGES, { axis: 3 });
  },
  'max pool': (at) => pooled(at, 'MAX_POOL_2D', -Infinity),
  'average pool': (at) => {
    const { includePad } = at.attrs<{ includePad: boolean }>();
    if (!includePad) return averageOfInside(at);
    const geometry = at.attrs<Geometry>();
    const x = at.images();
    const wide = geometry.pads.some((width) => width > 0) ? widened(at, x, geometry.pads, 0) : x;
    const options = { padding: padding.VALID, ...strided(geometry), ...windowSize(geometry) };
    return at.add('AVERAGE_POOL_2D', [wide], IMAGES, options);
  },
  upsample: (at) => {
    const { placing } = at.attrs<{ placing: 'nearest' | 'corners' | 'middles' }>();
    const size = at.graph.ints(areaOf(at, at.result.shape));
    if (placing === 'nearest') return at.add('RESIZE_NEAREST_NEIGHBOR', [at.images(), size], IMAGES);
    const options = { corners: placing === 'corners', middles: placing === 'middles' };
    return at.add('RESIZE_BILINEAR', [at.images(), size], IMAGES, options);
  },
};
