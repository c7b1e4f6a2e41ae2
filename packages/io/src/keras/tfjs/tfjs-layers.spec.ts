// Models of tfjs-layers here, and networks of ours there: each is run by both.
import { backendName, expectClose, expectNoMore, held, itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { Graph, Parallel, Sequential } from '@tessera-nn/containers';
import { DataError, mean, ModuleError, seed, Variable, type AnyModule, type Data } from '@tessera-nn/core';
import * as m from '@tessera-nn/modules';
import { io, tensor, tidy } from '@tensorflow/tfjs-core';
import {
  input,
  layers as l,
  loadLayersModel,
  model as functional,
  sequential,
  type LayersModel,
} from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import { fromKeras } from '../from-keras.js';
import { kerasInput } from '../keras.golden.js';
import { toTfjs } from './to-tfjs.js';

type Files = Record<string, Uint8Array>;

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
const numbers = (shape: readonly number[], place = 0) => kerasInput(sizeOf(shape), place, false) as Float32Array;

/** A model of theirs with weights that do not depend on chance. */
function filled(model: LayersModel): LayersModel {
  const weights = model.weights.map(({ shape, name }, i) => {
    const values = numbers(shape as number[], 3 * i).map((value) => (name.includes('variance') ? value + 1 : value));
    return tensor(values, shape as number[]);
  });
  model.setWeights(weights);
  for (const weight of weights) weight.dispose();
  return model;
}

/** The files that `model.save` writes, the weights in two of them. */
async function saved(model: LayersModel): Promise<Files> {
  let files: Files = {};
  await model.save(
    io.withSaveHandler((artifacts) => {
      const bytes = new Uint8Array(artifacts.weightData as ArrayBuffer);
      const paths = ['shard1.bin', 'shard2.bin'];
      const weightsManifest = [{ paths, weights: artifacts.weightSpecs }];
      const json = { format: artifacts.format, modelTopology: artifacts.modelTopology, weightsManifest };
      const half = bytes.length >> 1;
      files = {
        'model.json': new TextEncoder().encode(JSON.stringify(json)),
        'shard1.bin': bytes.slice(0, half),
        'shard2.bin': bytes.slice(half),
      };
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } });
    }),
  );
  return files;
}

/** Loads files as a page would. */
function loaded(files: Files): Promise<LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files['model.json'])) as {
    modelTopology: object;
    weightsManifest: [{ paths: string[]; weights: io.WeightsManifestEntry[] }];
  };
  const [{ paths, weights }] = weightsManifest;
  const weightData = Uint8Array.from(paths.flatMap((path) => [...files[path]!])).buffer;
  return loadLayersModel(io.fromMemory({ modelTopology, weightSpecs: weights, weightData }));
}

const axesBehind = (rank: number) => Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
const here = (x: Variable) => (x.rank < 4 ? x : x.transpose([0, x.rank - 1, ...axesBehind(x.rank)]));
const there = (x: Variable) => (x.rank < 4 ? x : x.transpose([0, ...axesBehind(x.rank).map((axis) => axis + 1), 1]));

/** Runs a network of ours and a model of theirs on the same, whose shapes are given as they are there. */
async function expectAlike(
  net: AnyModule,
  model: LayersModel,
  shapes: readonly (readonly number[])[],
  whole = false,
): Promise<void> {
  const values = shapes.map((shape, i) => kerasInput(sizeOf(shape), i, whole));
  const ours = values.map((each, i) =>
    here(new Variable(each, { shape: shapes[i]!, ...(whole ? { dtype: 'int32' } : {}) })),
  );
  const outputs = [net.eval().forward((ours.length === 1 ? ours[0]! : ours) as Data)].flat() as Variable[];
  const theirs = tidy(() => {
    const inputs = values.map((each, i) => tensor(each, shapes[i] as number[], whole ? 'int32' : 'float32'));
    const predicted = model.predict(inputs.length === 1 ? inputs[0]! : inputs);
    return Array.isArray(predicted) ? predicted : [predicted];
  });
  expect(outputs.length).to.equal(theirs.length);
  for (const [i, output] of outputs.entries()) {
    const y = there(output);
    expect(y.shape).to.deep.equal(theirs[i]!.shape);
    expectClose(await y.values(), await theirs[i]!.data(), `output ${i}`, { relative: 1e-5, absolute: 1e-5 });
    theirs[i]!.dispose();
  }
}

async function refusal(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(Error);
  return error as Error;
}

const images = () =>
  sequential({
    layers: [
      l.conv2d({
        filters: 4,
        kernelSize: [3, 2],
        strides: 2,
        padding: 'same',
        activation: 'relu',
        inputShape: [9, 7, 2],
      }),
      l.batchNormalization({ scale: false }),
      l.prelu({ sharedAxes: [1, 2] }),
      l.depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2, activation: 'hardSigmoid' }),
      l.separableConv2d({ filters: 5, kernelSize: 2, useBias: false }),
      l.prelu({}),
      l.zeroPadding2d({
        padding: [
          [1, 0],
          [0, 2],
        ],
      }),
      l.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
      l.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 3, activation: 'tanh' }),
      l.prelu({ sharedAxes: [1] }),
      l.maxPooling2d({ poolSize: [2, 3] }),
      l.upSampling2d({ size: [2, 1] }),
      l.dropout({ rate: 0.5 }),
      l.flatten(),
      l.dense({ units: 4, activation: 'softmax' }),
    ],
  });

const words = () =>
  sequential({
    layers: [
      l.embedding({ inputDim: 11, outputDim: 4, inputLength: 6 }),
      l.conv1d({ filters: 3, kernelSize: 2, padding: 'same', activation: 'elu' }),
      l.layerNormalization(),
      l.bidirectional({
        layer: l.lstm({
          units: 2,
          recurrentActivation: 'sigmoid',
          recurrentInitializer: 'zeros',
          returnSequences: true,
        }),
        mergeMode: 'concat',
      }),
      l.simpleRNN({ units: 3, activation: 'relu', recurrentInitializer: 'zeros', returnSequences: true }),
      l.globalMaxPooling1d(),
      l.leakyReLU({ alpha: 0.2 }),
    ],
  });

function branches(): LayersModel {
  const [left, right] = [input({ shape: [6, 6, 2] }), input({ shape: [3] })];
  const shared = l.conv2d({ filters: 2, kernelSize: 1, name: 'shared' });
  const inner = sequential({
    layers: [l.conv2d({ filters: 2, kernelSize: 3, padding: 'same', inputShape: [6, 6, 2] }), l.reLU({ maxValue: 6 })],
  });
  const sum = l.add().apply([inner.apply(left) as never, shared.apply(left) as never]);
  const again = l.multiply().apply([sum as never, shared.apply(sum) as never]);
  const turned = l.permute({ dims: [2, 1, 3] }).apply(l.reshape({ targetShape: [9, 4, 2] }).apply(again));
  const vector = l.dense({ units: 8, activation: 'swish' }).apply(right);
  const flats = l.concatenate().apply([l.flatten().apply(turned) as never, vector as never]);
  const end = l.dense({ units: 2 }).apply(flats);
  return functional({ inputs: [left, right], outputs: [end as never, again as never] });
}

/** With relu: tfjs's MaxPool3D on wasm takes 1e-38 for the largest of numbers that are all below 0. */
const volumes = () =>
  sequential({
    layers: [
      l.conv3d({ filters: 3, kernelSize: 2, activation: 'relu', inputShape: [4, 4, 4, 2] }),
      l.maxPooling3d({ poolSize: 2 }),
      l.dense({ units: 2 }),
      l.flatten(),
    ],
  });

describe(`Models of tfjs-layers [${backendName}]`, function () {
  this.timeout(60_000);
  onBackend();
  beforeEach(() => seed(1));

  for (const [title, make, shapes, whole] of [
    ['images', images, [[2, 9, 7, 2]], false],
    ['words', words, [[2, 6]], true],
    [
      'branches',
      branches,
      [
        [2, 6, 6, 2],
        [2, 3],
      ],
      false,
    ],
    ['volumes', volumes, [[2, 4, 4, 4, 2]], false],
  ] as const) {
    itOnOneBackend(`compute here what they do there, and train on: ${title}`, async () => {
      const model = filled(make());
      const net = await fromKeras<AnyModule>(await saved(model));
      await expectAlike(net, model, shapes, whole);
      model.dispose();
      const inputs = shapes.map((shape, i) =>
        here(new Variable(kerasInput(sizeOf(shape), i, whole), { shape, ...(whole ? { dtype: 'int32' } : {}) })),
      );
      const [output] = [net.train().forward((inputs.length === 1 ? inputs[0]! : inputs) as Data)].flat() as [Variable];
      mean(output.square()).backward();
      for (const [path, { grad, requiresGrad }] of net.namedParameters())
        expect(grad !== null, path).to.equal(requiresGrad);
    });
  }

  itOnOneBackend('are read from files of which weights are in few bits', async () => {
    const model = filled(sequential({ layers: [l.dense({ units: 2, inputShape: [3] })] }));
    const files = await saved(model);
    model.dispose();
    const json = JSON.parse(new TextDecoder().decode(files['model.json'])) as {
      weightsManifest: { weights: object[]; paths: string[] }[];
    };
    const [group] = json.weightsManifest as [{ weights: object[]; paths: string[] }];
    group.weights[0] = { ...group.weights[0], quantization: { dtype: 'uint8', scale: 0.5, min: -1 } };
    group.weights[1] = { ...group.weights[1], quantization: { dtype: 'float16' } };
    group.paths = ['all.bin'];
    const quantised = {
      'model.json': new TextEncoder().encode(JSON.stringify(json)),
      'all.bin': Uint8Array.of(0, 1, 2, 3, 4, 5, 0x00, 0x3c, 0x00, 0xc0),
    };
    const net = await fromKeras<Sequential>(quantised);
    const [dense] = [...net.children()] as [m.Linear];
    expect([...(await dense.W.values())]).to.deep.equal([-1, -0.5, 0, 0.5, 1, 1.5]);
    expect([...(await dense.b!.values())]).to.deep.equal([1, -2]);
  });

  itOnOneBackend('are refused where files are missing, or lie elsewhere', async () => {
    const before = held();
    const model = filled(sequential({ layers: [l.dense({ units: 2, inputShape: [3] })] }));
    const files = await saved(model);
    model.dispose();
    const json = new TextDecoder().decode(files['model.json']);
    const changed = (text: string, more: Files = files) =>
      fromKeras({ ...more, 'model.json': new TextEncoder().encode(text) });
    for (const [work, problem] of [
      [changed(json.replace('shard2.bin', '../shard2.bin')), 'not the name of a file beside it'],
      [changed(json, { 'shard1.bin': files['shard1.bin']! }), '"shard2.bin", which is not among the files'],
      [changed(json.replace('layers-model', 'graph-model')), 'a graph of TensorFlow'],
      [changed(json.replace('[3,2]', '[3,9]')), 'lies beyond its files'],
      [changed(json.replace('"shape":[2]', '"shape":[1]')), 'its weights have'],
      [fromKeras(files['model.json']!), 'its weights are in "shard1.bin"'],
    ] as const) {
      const error = await refusal(work);
      expect(error, error.message).to.be.instanceOf(DataError);
      expect(String(error)).to.include(problem);
    }
    expectNoMore(before);
  });
});

const chain = () =>
  new Sequential('net').extend([
    new m.Conv2D({ inmaps: 2, outmaps: 4, size: 3, pad: 1, name: 'conv' }),
    new m.BatchNorm2D(4),
    new m.PRelu(4),
    new m.DepthwiseConv2D({ maps: 4, size: 3, pad: 'same', multiplier: 2 }),
    new m.PRelu({ shape: [8, 8, 6] }),
    new m.MaxPool2D(2),
    new m.SeparableConv2D({ inmaps: 8, outmaps: 3, size: 2 }),
    new m.PRelu({ shape: [3, 3, 2], sharedAxes: [2] }),
    new m.Deconv2D({ inmaps: 3, outmaps: 2, size: 4, stride: 2, pad: 1 }),
    new m.Upsample2D(2),
    new m.AvgPool2D({ size: 2, stride: 1, pad: 'same', includePad: false }),
    new m.SoftMax(1),
    new m.Dropout(0.3),
  ]);

const flattening = (before: readonly AnyModule[] = []) =>
  new Sequential([
    new m.Conv2D(2, 3, 2),
    new m.Activation('leakyRelu'),
    ...before,
    new m.Flatten(),
    new m.Linear(3 * 20, 5),
    new m.BatchNorm1D(5),
    new m.PRelu({ sharedMaps: true }),
    new m.LayerNorm(5),
    new m.MulAddConst(2, -1),
    new m.Linear({ insize: 5, outsize: 2, transpose: true }),
  ]);

function joined(): Graph {
  const image = new m.Identity().node();
  const conv = new m.Conv2D({ inmaps: 2, outmaps: 2, size: 1, name: 'conv' });
  const left = conv.node(image);
  const right = conv.node(new m.Activation('relu').node(left));
  const both = new m.Concat(1).node(new m.Add().node(left, right), new m.Mul().node(left, right));
  const flat = new m.Reshape([0, -1]).node(both);
  return new Graph({ inputs: image, outputs: [new m.Linear(4 * 12, 3).node(flat), both] });
}

describe(`Networks as models of tfjs-layers [${backendName}]`, function () {
  this.timeout(60_000);
  onBackend();
  beforeEach(() => seed(1));

  for (const [title, make, shape, className] of [
    ['a chain of images', chain, [2, 8, 6], 'Sequential'],
    ['a flattened image', flattening, [2, 6, 5], 'Sequential'],
    ['an image flattened in the order of Keras', () => flattening([new m.MoveAxis(1, -1)]), [2, 6, 5], 'Sequential'],
    ['a graph', joined, [2, 4, 3], 'Functional'],
    [
      'branches',
      () =>
        new Sequential([new m.Replicate(2), new Parallel([new m.Linear(3, 2), new m.Linear(3, 4)]), new m.Concat(1)]),
      [3],
      'Functional',
    ],
    [
      'sequences',
      () =>
        new Sequential([
          new m.LSTM(3, 4, { batchFirst: true, getSequences: true }),
          new m.RNN(4, 2, { batchFirst: true }),
        ]),
      [5, 3],
      'Sequential',
    ],
    [
      'maps of sequences',
      () =>
        new Sequential([
          new m.Conv1D({ inmaps: 3, outmaps: 4, size: 3, pad: 1 }),
          new m.MaxPool1D(2),
          new m.BatchNorm1D(4),
        ]),
      [3, 8],
      'Sequential',
    ],
    [
      'volumes',
      () =>
        new Sequential([
          new m.Conv3D({ inmaps: 1, outmaps: 2, size: 2, pad: 'same' }),
          new m.Activation('relu'),
          new m.MaxPool3D(2),
        ]),
      [1, 4, 4, 4],
      'Sequential',
    ],
  ] as const) {
    itOnOneBackend(`compute there what they do here, and come back: ${title}`, async () => {
      const net: AnyModule = make();
      for (const [path, buffer] of net.namedBuffers()) {
        if (path.endsWith('mean')) buffer.set(new Variable(numbers(buffer.shape), { shape: buffer.shape }));
      }
      const files = await toTfjs(net, { shape, shardSize: 300 });
      const model = await loaded(files);
      expect(model.getClassName()).to.equal(className);
      const theirs = shape.length < 3 ? shape : [...shape.slice(1), shape[0]];
      await expectAlike(net, model, [[2, ...theirs]]);
      await expectAlike(await fromKeras<AnyModule>(files), model, [[2, ...theirs]]);
      model.dispose();
    });
  }

  itOnOneBackend('transpose nothing where images are flattened as there', async () => {
    const text = async (net: AnyModule) =>
      new TextDecoder().decode((await toTfjs(net, { shape: [2, 6, 5] }))['model.json']);
    expect(await text(flattening([new m.MoveAxis(1, -1)]))).not.to.include('Permute');
    expect(await text(flattening())).to.include('Permute');
  });

  itOnOneBackend('are refused by name where there is no layer for a module', async () => {
    const net = new Sequential('net').extend([
      new m.Conv2D({ inmaps: 4, outmaps: 4, size: 1, groups: 2, name: 'grouped' }),
      new m.Activation('hardSwish'),
      new m.MaxPool2D(3, 2, 1),
      new m.PixelShuffle(2),
    ]);
    const error = await refusal(toTfjs(net, { shape: [4, 6, 6] }));
    expect(error).to.be.instanceOf(ModuleError);
    for (const problem of [
      '"grouped" (Conv2D with 2 groups)',
      '"1" (Activation "hardSwish")',
      'a pad other than "same"',
      '"3" (PixelShuffle)',
    ]) {
      expect(error.message).to.include(problem);
    }
    expect((await refusal(toTfjs(joined(), { shape: [[2, 4, 3], [2]] }))).message).to.include(
      'another number of inputs',
    );
  });
});
