import { Sequential } from '@tessera-nn/containers';
import { gather, noGrad, RandomStream, seed, transpose, Variable } from '@tessera-nn/core';
import { CrossEntropy } from '@tessera-nn/cost';
import { syntheticDigits } from '@tessera-nn/data';
import { mobileNetV2 } from '@tessera-nn/models';
import {
  Activation,
  BatchNorm2D,
  Conv2D,
  Flatten,
  GlobalAvgPool2D,
  Linear,
  MaxPool2D,
  PRelu,
  SoftMax,
} from '@tessera-nn/modules';
import { Adam } from '@tessera-nn/optim';
import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { readTflite, runTflite, withBatch, type FileTensor } from '@tessera-nn/testing/litert';
import { randomInput } from '@tessera-nn/testing/onnxruntime';
import { expect } from 'chai';
import { tensorTypes } from './format/operators.js';
import { toTflite, TfliteError, type TfliteOptions } from './index.js';

const SIZE = 10;
const CLASSES = 10;
const [SEEN, TESTED] = [1000, 200];

/** A network that has learnt a few digits, and digits that it has not seen. */
async function trained() {
  seed(5);
  const digits = syntheticDigits({ count: SEEN + TESTED, size: SIZE, stream: new RandomStream(5) });
  const net = new Sequential([
    new Conv2D({ inmaps: 1, outmaps: 8, size: 3 }),
    new BatchNorm2D(8),
    new PRelu({ maps: 8 }),
    new MaxPool2D(2),
    new Conv2D({ inmaps: 8, outmaps: 16, size: 3 }),
    new Activation('relu'),
    new Flatten(),
    new Linear({ insize: 64, outsize: CLASSES }),
  ]);
  const images = new Variable(digits.data, { shape: [SEEN + TESTED, 1, SIZE, SIZE] });
  const rows = (first: number, count: number) => Int32Array.from({ length: count }, (_, i) => first + i);
  const optimizer = new Adam(0.005).setupOn(net);
  const cost = new CrossEntropy();
  for (let step = 0; step < 60; step++) {
    const places = rows((step * 50) % SEEN, 50);
    const labels = Int32Array.from(places, (place) => digits.labels[place]!);
    optimizer.zeroGradParams();
    cost.forward(net.forward(gather(images, new Variable(places))), new Variable(labels)).backward();
    optimizer.update();
  }
  net.evalMode();
  const seen = gather(images, new Variable(rows(0, SEEN)));
  const tested = gather(images, new Variable(rows(SEEN, TESTED)));
  const expected = (await noGrad(() => net.forward(tested)).values()) as Float32Array;
  return { net, seen, tested: (await tested.values()) as Float32Array, expected };
}

const shape = [TESTED, SIZE, SIZE, 1];
const kind = ({ type }: FileTensor) => type;

describe('TFLite files of 8 bits', () => {
  onBackend();
  let digits: Awaited<ReturnType<typeof trained>>;

  const written = (options: TfliteOptions) =>
    toTflite(digits.net, [1, 1, SIZE, SIZE], { dynamicBatch: true, ...options });

  itOnOneBackend('are a third as large with int8 weights, and lie within a step of the floats', async () => {
    digits = await trained();
    const [whole, bytes] = [await written({}), await written({ quantize: 'weights' })];
    const stored = (file: Uint8Array) => readTflite(file).tensors.reduce((sum, one) => sum + one.bytes.length, 0);
    expect(stored(bytes)).to.be.below(0.35 * stored(whole));
    const [output] = await runTflite(withBatch(bytes, TESTED), [{ data: digits.tested, shape }]);
    expect(agreement(output!.data).ofClass).to.be.at.least(0.99);
    expect(agreement(output!.data).withinOneStep).to.be.at.least(0.99);
    const weights = readTflite(bytes).tensors.filter((tensor) => kind(tensor) === tensorTypes.int8);
    expect(weights.map(({ scales }) => scales.length)).to.deep.equal([8, 16, 10]);
  });

  itOnOneBackend(
    'compute with whole numbers alone between floats, and see 99 % of the digits as the floats do',
    async () => {
      const bytes = await written({ quantize: 'integers', calibration: [digits.seen] });
      const file = readTflite(bytes);
      const codes = file.operators.map(({ code }) => code);
      expect(codes.at(0)).to.equal(114); // QUANTIZE
      expect(codes.at(-1)).to.equal(6); // DEQUANTIZE
      for (const { inputs, outputs } of file.operators.slice(1, -1)) {
        expect(file.tensors[inputs[0]!]!.type).to.equal(tensorTypes.int8);
        expect(file.tensors[outputs[0]!]!.type).to.equal(tensorTypes.int8);
      }
      const [output] = await runTflite(withBatch(bytes, TESTED), [{ data: digits.tested, shape }]);
      expect(agreement(output!.data).ofClass).to.be.at.least(0.99);
      expect(agreement(output!.data).withinOneStep).to.be.at.least(0.9);
    },
  );

  itOnOneBackend('take and return int8 where they are told to, the softmax in steps of 1 / 256', async () => {
    const net = new Sequential([digits.net, new SoftMax()]);
    const options = { quantize: 'integers', calibration: [digits.seen], integerEnds: true } as const;
    const { tensors, inputs, outputs, operators } = readTflite(await toTflite(net, [1, 1, SIZE, SIZE], options));
    const [input, output] = [tensors[inputs[0]!]!, tensors[outputs[0]!]!];
    expect([input.name, input.type, input.scales.length]).to.deep.equal(['input', tensorTypes.int8, 1]);
    expect([output.name, output.type, output.scales, output.zeroPoints]).to.deep.equal([
      'output',
      tensorTypes.int8,
      [1 / 256],
      [-128],
    ]);
    expect(operators.map(({ code }) => code)).to.not.include.members([6, 114]);
  });

  itOnOneBackend('have biases in units of the products that they are added to', async () => {
    const { tensors, operators } = readTflite(await written({ quantize: 'integers', calibration: [digits.seen] }));
    const conv = operators.find(({ code }) => code === 3)!;
    const [x, filter, bias] = conv.inputs.map((place) => tensors[place]!) as [FileTensor, FileTensor, FileTensor];
    expect(bias.type).to.equal(tensorTypes.int32);
    expect(filter.zeroPoints).to.deep.equal(filter.scales.map(() => 0));
    bias.scales.forEach((scale, map) => expect(scale).to.be.closeTo(x.scales[0]! * filter.scales[map]!, 1e-9));
  });

  for (const quantize of ['weights', 'integers'] as const) {
    itOnOneBackend(`hold MobileNetV2, ${quantize} as int8, near its floats`, async () => {
      const net = mobileNetV2({ classes: 10, width: 1 / 8 }).evalMode();
      const inputs = [1, 2, 3].map((seed) => randomInput([1, 3, 32, 32], seed));
      const options = quantize === 'integers' ? { quantize, calibration: inputs } : { quantize };
      const bytes = await toTflite(net, [1, 3, 32, 32], options);
      const image = transpose(inputs[0]!, [0, 2, 3, 1]);
      const data = (await image.values()) as Float32Array;
      const [output] = await runTflite(bytes, [{ data, shape: image.shape }]);
      const expected = await net.forward(inputs[0]!).values();
      const range = Math.max(...expected, 0) - Math.min(...expected, 0);
      output!.data.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 0.05 * range));
      const { operators, tensors } = readTflite(bytes);
      const filters = operators.filter(({ code }) => code === 4).map(({ inputs }) => tensors[inputs[1]!]!);
      for (const { type, axis } of filters) expect([type, axis]).to.deep.equal([tensorTypes.int8, 3]);
    });
  }

  itOnOneBackend('keep in floats what is not known in whole numbers', async () => {
    const net = new Sequential([
      new Conv2D({ inmaps: 1, outmaps: 4, size: 3 }),
      new Activation('softPlus'),
      new GlobalAvgPool2D(),
    ]).evalMode();
    const input = new Variable(digits.tested, { shape: [TESTED, 1, SIZE, SIZE] });
    const options = { quantize: 'integers', calibration: [input], dynamicBatch: true } as const;
    const bytes = await toTflite(net, [1, 1, SIZE, SIZE], options);
    const [output] = await runTflite(withBatch(bytes, TESTED), [{ data: digits.tested, shape }]);
    const expected = await net.forward(input).values();
    const largest = Math.max(...expected);
    output!.data.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 0.03 * largest));
  });

  itOnOneBackend(
    'refuse whole numbers without batches, batches without whole numbers, and what is not finite',
    async () => {
      const refusal = (options: TfliteOptions) => written(options).catch((thrown: unknown) => thrown);
      const error = await refusal({ quantize: 'integers' });
      expect(error).to.be.instanceOf(TfliteError);
      expect(String(error)).to.contain('calibration: [batch, ...]');
      expect(String(await refusal({ calibration: [digits.seen] }))).to.contain('quantize: "integers"');
      const endless = new Variable(new Float32Array(SIZE * SIZE).fill(Infinity), { shape: [1, 1, SIZE, SIZE] });
      const calibration = [endless];
      expect(String(await refusal({ quantize: 'integers', calibration }))).to.contain('not finite');
    },
  );

  /** For which share of the digits the class is the same, and which share of the numbers is a step of int8 off at most. */
  function agreement(output: ArrayLike<number>): { ofClass: number; withinOneStep: number } {
    const { expected } = digits;
    const classOf = (of: ArrayLike<number>, digit: number) => {
      const row = Array.from({ length: CLASSES }, (_, i) => of[digit * CLASSES + i]!);
      return row.indexOf(Math.max(...row));
    };
    const step = (Math.max(...expected) - Math.min(...expected)) / 255;
    const same = rowsOf(TESTED).filter((digit) => classOf(output, digit) === classOf(expected, digit));
    const near = rowsOf(expected.length).filter((i) => Math.abs(output[i]! - expected[i]!) <= step);
    return { ofClass: same.length / TESTED, withinOneStep: near.length / expected.length };
  }
});

const rowsOf = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
