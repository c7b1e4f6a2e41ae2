import { Conv1D, Conv2D, Conv3D, Deconv1D, Deconv2D, Deconv3D } from '@tessera-nn/modules';
import type { NodeReading } from '../node-reading.js';
import type { Operator, Reader } from '../operator.js';
import type { Constant } from '../value.js';
import { extent, lengthsOf, ofRank, padding, windowOf } from './windows.js';

/** W and, where there is one, b. */
function weights(at: NodeReading): Record<string, Constant> {
  const W = at.constant(1, 'filters');
  return at.given(2) ? { W, b: at.constant(2, 'biases') } : { W };
}

function checkRank(at: NodeReading, filters: readonly number[]): void {
  if (filters.length < 3) at.lacks('whose filters have less than 3 axes');
}

const convolution: Reader = (at) => {
  const found = weights(at);
  const [outmaps, inmaps, ...size] = found['W']!.shape as [number, number, ...number[]];
  checkRank(at, found['W']!.shape);
  const groups = at.int('group', 1);
  const { pad, ...window } = windowOf(at, size);
  const Conv = ofRank<typeof Conv2D>(at, size.length, [Conv1D as never, Conv2D, Conv3D as never]);
  const module = new Conv({
    ...{ inmaps: inmaps * groups, outmaps, groups, useBias: at.given(2), initscheme: 'none' },
    ...{
      size: extent(window.size),
      stride: extent(window.stride),
      dilation: extent(window.dilation),
      pad: padding(pad),
    },
  });
  return at.run(module, [at.flow(0)], found);
};

/** Padding on each side and further places behind, of which the result has a length that is asked for, or is stride times as long. */
function transposedWindow(at: NodeReading, size: number[]) {
  const { pad, ...window } = windowOf(at, size);
  const further = at.ints('output_padding') ?? size.map(() => 0);
  const asked = at.ints('output_shape');
  if (!asked && pad !== 'same' && at.text('auto_pad', 'NOTSET') !== 'SAME_LOWER')
    return { ...window, pad, postpad: further };
  const wanted = asked?.slice(-size.length) ?? lengthsOf(at, 0).map((length, axis) => length * window.stride[axis]!);
  const lengths = asked ? lengthsOf(at, 0) : wanted.map((length, axis) => length / window.stride[axis]!);
  const isLower = at.text('auto_pad', 'NOTSET') !== 'SAME_UPPER';
  const sides = size.map((length, axis): [number, number] => {
    const reach = window.dilation[axis]! * (length - 1) + 1;
    const total = window.stride[axis]! * (lengths[axis]! - 1) + further[axis]! + reach - wanted[axis]!;
    // What is missing stands behind.
    const [few, many] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return isLower ? [many, few] : [few, many];
  });
  const postpad = further.map((count, axis) => count + Math.max(0, -sides[axis]![0]) + Math.max(0, -sides[axis]![1]));
  return {
    ...window,
    pad: sides.map(([before, behind]): [number, number] => [Math.max(0, before), Math.max(0, behind)]),
    postpad,
  };
}

const transposed: Reader = (at) => {
  const found = weights(at);
  checkRank(at, found['W']!.shape);
  const [inmaps, maps, ...size] = found['W']!.shape as [number, number, ...number[]];
  const groups = at.int('group', 1);
  const { pad, postpad, ...window } = transposedWindow(at, size);
  const Deconv = ofRank<typeof Deconv2D>(at, size.length, [Deconv1D as never, Deconv2D, Deconv3D as never]);
  const module = new Deconv({
    ...{ inmaps, outmaps: maps * groups, groups, useBias: at.given(2), initscheme: 'none', postpad: extent(postpad) },
    ...{
      size: extent(window.size),
      stride: extent(window.stride),
      dilation: extent(window.dilation),
      pad: padding(pad),
    },
  });
  return at.run(module, [at.flow(0)], found);
};

export const convolutionOperators: Record<string, Operator> = { Conv: convolution, ConvTranspose: transposed };
