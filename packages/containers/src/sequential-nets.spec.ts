import { imageShape } from '@tessera-nn/core/internal';
import { Activation, BatchNorm2D, Conv2D, Flatten, Identity, Linear, MaxPool2D, PRelu } from '@tessera-nn/modules';
import { map, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { Sequential } from './sequential.js';

/** Steps of central differences are 1e-5; a value this near to a kink could be carried over it. */
const NEAR = 1e-4;

function refuseKink(distance: number): void {
  if (distance < NEAR) throw new Error(`The numbers drawn lie ${distance} from a kink: take another seed or shape`);
}

/** y = x W + b. */
function dense(x: Nd, W: Nd, b: Nd): Nd {
  const [insize, outsize] = W.shape as [number, number];
  const y = nd([x.shape[0]!, outsize]);
  for (let n = 0; n < x.shape[0]!; n++) {
    for (let o = 0; o < outsize; o++) {
      let total = b.data[o]!;
      for (let i = 0; i < insize; i++) total += x.data[n * insize + i]! * W.data[i * outsize + o]!;
      y.data[n * outsize + o] = total;
    }
  }
  return y;
}

/** Stride 1, no padding, no bias. */
function convolve(x: Nd, W: Nd): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const [outmaps, , size] = W.shape as [number, number, number];
  const [h, w] = [height - size + 1, width - size + 1];
  const y = nd([batch, outmaps, h, w]);
  y.data.forEach((_, at) => {
    const [j, i, o, n] = [
      at % w,
      Math.floor(at / w) % h,
      Math.floor(at / w / h) % outmaps,
      Math.floor(at / w / h / outmaps),
    ];
    for (let c = 0; c < maps; c++) {
      for (let k = 0; k < size; k++) {
        for (let l = 0; l < size; l++) {
          const pixel = x.data[((n * maps + c) * height + i + k) * width + j + l]!;
          y.data[at]! += pixel * W.data[((o * maps + c) * size + k) * size + l]!;
        }
      }
    }
  });
  return y;
}

/** By the moments of the batch. */
function normalise(x: Nd, scale: Nd, bias: Nd): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const places = height * width;
  const mapOf = (at: number) => Math.floor(at / places) % maps;
  const mean = new Float64Array(maps);
  const variance = new Float64Array(maps);
  x.data.forEach((value, at) => (mean[mapOf(at)]! += value / (batch * places)));
  x.data.forEach((value, at) => (variance[mapOf(at)]! += (value - mean[mapOf(at)]!) ** 2 / (batch * places)));
  return map(x, (value, at) => {
    const c = mapOf(at);
    return (scale.data[c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + 1e-5) + bias.data[c]!;
  });
}

function rectify(x: Nd): Nd {
  return map(x, (value) => {
    refuseKink(Math.abs(value));
    return value > 0 ? value : 0;
  });
}

/** Windows of 2 by 2, behind a rectifier: where several values are 0, all their gradients are. */
function pool(x: Nd): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const [h, w] = [height / 2, width / 2];
  const y = nd([batch, maps, h, w]);
  y.data.forEach((_, at) => {
    const [j, i, image] = [at % w, Math.floor(at / w) % h, Math.floor(at / w / h)];
    const corner = (image * height + 2 * i) * width + 2 * j;
    const window = [corner, corner + 1, corner + width, corner + width + 1].map((place) => x.data[place]!);
    const [first, second] = window.sort((a, b) => b - a) as [number, number];
    if (second > 0) refuseKink(first - second);
    y.data[at] = first;
  });
  return y;
}

const convNet = () =>
  new Sequential('net').extend([
    new Conv2D({ inmaps: 2, outmaps: 3, size: 3, useBias: false, name: 'conv' }),
    new BatchNorm2D({ maps: 3, sscale: 0.5, name: 'norm' }),
    new Activation('relu'),
    new MaxPool2D(2),
    new Flatten(),
    new Linear(12, 4),
  ]);

moduleSpec('Sequential of a small convolutional net', {
  classes: [Sequential, Conv2D, BatchNorm2D, Activation, MaxPool2D, Flatten, Linear],
  reference: (x, tensors) => {
    const pooled = pool(
      rectify(normalise(convolve(x, tensors['conv.W']!), tensors['norm.scale']!, tensors['norm.bias']!)),
    );
    const flat = nd([x.shape[0]!, 12], pooled.data);
    return dense(flat, tensors['5.W']!, tensors['5.b']!);
  },
  cases: [{ title: 'convolution, norm, rectifier, pool, linear', make: convNet, shape: [2, 2, 6, 6] }],
  otherShape: [3, 2, 6, 6],
  // The gradient of the norm takes the difference of sums that are ten times as large.
  tolerance: { ofLargest: 1e-5 },
});

const nestedNet = () =>
  new Sequential('net').extend([
    // Small weights: float32 has few digits left where tanh is nearly flat.
    new Linear({ insize: 5, outsize: 4, name: 'in', initscheme: 'gaussian', wscale: 0.3 }),
    new Sequential('block').extend([
      new Activation('tanh'),
      new Sequential(),
      new Sequential('deep').extend([new Linear(4, 3), new PRelu({ maps: 3, name: 'act' })]),
    ]),
    new Identity(),
    new Linear({ insize: 3, outsize: 2, name: 'out' }),
  ]);

moduleSpec('Sequential of Sequentials', {
  classes: [Sequential, Activation, PRelu, Identity, Linear],
  reference: (x, tensors) => {
    const hidden = map(dense(x, tensors['in.W']!, tensors['in.b']!), Math.tanh);
    const deep = dense(hidden, tensors['block.deep.0.W']!, tensors['block.deep.0.b']!);
    const slopes = tensors['block.deep.act.slopes']!;
    const active = map(deep, (value, at) => {
      refuseKink(Math.abs(value));
      return value > 0 ? value : slopes.data[at % 3]! * value;
    });
    return dense(active, tensors['out.W']!, tensors['out.b']!);
  },
  cases: [{ title: 'three levels, one of them empty', make: nestedNet, shape: [4, 5] }],
  otherShape: [7, 5],
});
