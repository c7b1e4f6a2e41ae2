import { backendName, expectNoMore, held, onBackend } from '@tessera-nn/testing';
import { Sequential } from '@tessera-nn/containers';
import { DataError, ModuleError, seed, type AnyModule, type Module } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import {
  Activation,
  BatchNorm2D,
  Conv2D,
  Dropout,
  Flatten,
  Linear,
  MaxPool2D,
  PRelu,
  Split,
} from '@tessera-nn/modules';
import { expect } from 'chai';
import { save } from '../checkpoint/save.js';
import { writeNpz } from '../numpy/npz.js';
import { writeSafetensors } from '../safetensors/safetensors.js';
import type { TensorSource } from '../tensors/stored-tensor.js';
import { AmbiguousLayoutError, loadWeights } from './load-weights.js';

const counting = (shape: number[]): TensorSource => {
  const size = sizeOf(shape);
  return { shape, values: Float32Array.from({ length: size }, (_, i) => i + 1) };
};
const file = (shapes: Record<string, number[]>, more: Record<string, TensorSource> = {}) =>
  writeSafetensors([
    ...Object.entries(shapes).map(([name, shape]) => [name, counting(shape)] as const),
    ...Object.entries(more),
  ]);
const valuesOf = async (net: Module, name: string) => {
  const variable = [...net.namedTensors()].find(([path]) => path === name)![1];
  return [...(await variable.values())];
};
const convNet = () =>
  new Sequential([
    new Conv2D({ inmaps: 1, outmaps: 2, size: 1, name: 'conv' }),
    new BatchNorm2D({ maps: 2, name: 'norm' }),
    new PRelu({ maps: 2, name: 'act' }),
    new Linear({ insize: 2, outsize: 3, name: 'fc' }),
  ]);
const torchShapes = {
  ...{ 'conv.weight': [2, 1, 1, 1], 'conv.bias': [2], 'norm.weight': [2], 'norm.bias': [2] },
  ...{ 'norm.running_mean': [2], 'norm.running_var': [2], 'act.weight': [2], 'fc.weight': [3, 2], 'fc.bias': [3] },
};
const tracked = { 'norm.num_batches_tracked': { shape: [], values: BigInt64Array.of(5n) } };

async function refusal(work: Promise<unknown>, type: abstract new (...args: never[]) => Error): Promise<Error> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(type);
  return error as Error;
}

describe(`Weights of other systems [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('are found by the names PyTorch has, and turned where their shape says so', async () => {
    const net = convNet();
    const report = await loadWeights(net, file(torchShapes, tracked));
    expect(report.missing).to.deep.equal([]);
    expect(report.extra).to.deep.equal([]);
    expect(report.matched).to.have.length(10);
    expect(report.matched).to.deep.include({ from: 'norm.running_var', to: 'norm.var' });
    expect(report.reshaped).to.deep.include({
      name: 'fc.W',
      from: [3, 2],
      to: [2, 3],
      why: '[outsize, insize]',
    });
    expect(report.reshaped.map(({ name }) => name)).to.have.members(['fc.W', 'norm.numOfProps']);
    expect(await valuesOf(net, 'fc.W')).to.deep.equal([1, 3, 5, 2, 4, 6]);
    expect(await valuesOf(net, 'norm.scale')).to.deep.equal([1, 2]);
    expect(await valuesOf(net, 'norm.numOfProps')).to.deep.equal([5]);
  });

  it('come from npz files as well', async () => {
    const net = new Linear({ insize: 2, outsize: 3 });
    const arrays = [['W', counting([2, 3])] as const, ['b', counting([3])] as const];
    await loadWeights(net, await writeNpz(arrays, { compress: true }));
    expect(await valuesOf(net, 'W')).to.deep.equal([1, 2, 3, 4, 5, 6]);
    const zeros = await writeNpz([['W', { shape: [9999], values: new Float32Array(9999) }]], { compress: true });
    expect((await refusal(loadWeights(net, zeros), DataError)).message).to.include('unpacks to more than it may');
  });

  it('are named by a map of names and beginnings of names, or by a function', async () => {
    const shapes = { 'model.features.0.weight': [2, 1, 1, 1], 'model.features.0.bias': [2], 'top.k': [2, 3], top: [3] };
    const maps = [
      { 'model.features.0': 'conv', 'top.k': 'fc.W', top: 'fc.b', 'norm.unused': null },
      (name: string) => name.replace('model.features.0', 'conv').replace('top.k', 'fc.W').replace(/^top$/, 'fc.b'),
    ];
    for (const map of maps) {
      const net = convNet();
      const { matched, missing } = await loadWeights(net, file(shapes), { map, strict: false });
      expect(matched.map(({ to }) => to)).to.have.members(['conv.W', 'conv.b', 'fc.W', 'fc.b']);
      expect(missing).to.include.members(['norm.scale', 'act.slopes']);
    }
    const net = new Linear(2, 3);
    const inner = file({ 'net.fc.W': [2, 3], 'net.fc.b': [3], 'aux.W': [1] });
    const { extra } = await loadWeights(net, inner, { map: { 'net.fc': '', aux: null } });
    expect(extra).to.deep.equal(['aux.W']);
  });

  for (const shape of [[4], [1, 4, 1, 1], [1, 1, 4], [4, 1, 1], [1, 4]]) {
    it(`recognise slopes [${shape.join(', ')}]`, async () => {
      const net = new PRelu(4);
      const { reshaped } = await loadWeights(net, file({ weight: shape }));
      expect(await valuesOf(net, 'slopes')).to.deep.equal([1, 2, 3, 4]);
      expect(reshaped.map(({ from }) => from)).to.deep.equal(shape.length === 1 ? [] : [shape]);
    });
  }

  it('turn a table of slopes from [height, width, maps], and ask where it is a cube', async () => {
    const net = new PRelu({ shape: [2, 3, 4] });
    const { reshaped } = await loadWeights(net, file({ alpha: [3, 4, 2] }));
    expect(reshaped[0]!.why).to.equal('[height, width, maps]');
    expect((await valuesOf(net, 'slopes')).slice(0, 3)).to.deep.equal([1, 3, 5]);
    const cube = new PRelu({ shape: [2, 2, 2] });
    const bytes = file({ alpha: [2, 2, 2] });
    await refusal(loadWeights(cube, bytes), AmbiguousLayoutError);
    await loadWeights(cube, bytes, { layout: 'keras' });
    expect(await valuesOf(cube, 'slopes')).to.deep.equal([1, 3, 5, 7, 2, 4, 6, 8]);
    await loadWeights(cube, bytes, { layout: 'tessera' });
    expect(await valuesOf(cube, 'slopes')).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('ask how square matrices lie, and never guess', async () => {
    const net = new Sequential([new Linear({ insize: 2, outsize: 2, name: 'fc' })]);
    const bytes = file({ 'fc.weight': [2, 2], 'fc.bias': [2] });
    const before = await valuesOf(net, 'fc.W');
    const error = await refusal(loadWeights(net, bytes), AmbiguousLayoutError);
    expect(error.message).to.include('"fc.weight" for "fc.W": [2, 2] fits as it is and as [outsize, insize]');
    expect(error.message).to.include('layout');
    expect(await valuesOf(net, 'fc.W')).to.deep.equal(before);
    expect(await valuesOf(net, 'fc.b')).to.deep.equal([0, 0]);
    for (const [layout, expected] of [
      ['torch', [1, 3, 2, 4]],
      ['tessera', [1, 2, 3, 4]],
      [{ 'fc.W': 'turn' }, [1, 3, 2, 4]],
      [{ 'fc.W': 'keep' }, [1, 2, 3, 4]],
    ] as const) {
      await loadWeights(net, bytes, { layout });
      expect(await valuesOf(net, 'fc.W'), JSON.stringify(layout)).to.deep.equal(expected);
    }
    const transposed = new Sequential([new Linear({ insize: 2, outsize: 2, transpose: true, name: 'fc' })]);
    await loadWeights(transposed, bytes, { layout: 'torch' });
    expect(await valuesOf(transposed, 'fc.W')).to.deep.equal([1, 2, 3, 4]);
  });

  it('of shared tensors have their other names in the header, as safetensors.torch.save_model writes them', async () => {
    const net = new Sequential([
      new Linear({ insize: 2, outsize: 2, useBias: false, name: 'first' }),
      new Linear({ insize: 2, outsize: 2, useBias: false, name: 'second' }),
    ]);
    const metadata = Object.entries({ format: 'pt', 'second.weight': 'first.weight' });
    await loadWeights(net, writeSafetensors([['first.weight', counting([2, 2])]], metadata));
    for (const name of ['first.W', 'second.W']) expect(await valuesOf(net, name)).to.deep.equal([1, 3, 2, 4]);
  });

  it('do not ask where both ways are the same', async () => {
    const net = new Linear({ insize: 1, outsize: 1, useBias: false });
    await loadWeights(net, file({ weight: [1, 1] }));
    expect(await valuesOf(net, 'W')).to.deep.equal([1]);
  });

  it('need no answer from a checkpoint of Tessera', async () => {
    const net = new Linear(3, 3);
    const copy = new Linear(3, 3);
    await loadWeights(copy, await save(net));
    expect(await valuesOf(copy, 'W')).to.deep.equal(await valuesOf(net, 'W'));
  });

  it('are widened from half precision, and refused where they would lose something', async () => {
    const net = new PRelu(2);
    const half = (dtype: 'float16' | 'bfloat16') =>
      file({}, { weight: { dtype, shape: [2], values: Float32Array.of(0.5, -2) } });
    for (const dtype of ['float16', 'bfloat16'] as const) {
      await loadWeights(net, half(dtype));
      expect(await valuesOf(net, 'slopes')).to.deep.equal([0.5, -2]);
    }
    const double = (...values: number[]) => file({}, { weight: { shape: [2], values: Float64Array.from(values) } });
    await loadWeights(net, double(1, -2));
    expect(await valuesOf(net, 'slopes')).to.deep.equal([1, -2]);
    expect((await refusal(loadWeights(net, double(1, 0.1)), ModuleError)).message).to.include('holds float64 0.1');
    await loadWeights(net, double(1, 0.1), { round: true });
    expect(await valuesOf(net, 'slopes')).to.deep.equal([1, Math.fround(0.1)]);
    await loadWeights(net, file({}, { weight: { shape: [2], values: BigInt64Array.of(3n, -4n) } }));
    expect(await valuesOf(net, 'slopes')).to.deep.equal([3, -4]);
    const large = file({}, { weight: { shape: [2], values: BigInt64Array.of(3n, 2n ** 24n + 1n) } });
    expect((await refusal(loadWeights(net, large), ModuleError)).message).to.include('holds int64 16777217');
    const many = file(torchShapes, { 'norm.num_batches_tracked': { shape: [], values: BigInt64Array.of(2n ** 31n) } });
    const error = await refusal(loadWeights(convNet(), many), ModuleError);
    expect(error.message).to.include('holds 2147483648, which int32 cannot keep');
  });

  it('of shared Variables may come under each name, if they agree', async () => {
    const shared = new PRelu(2);
    const net = new Sequential([shared, shared]);
    await loadWeights(net, file({ '0.weight': [2] }));
    await loadWeights(net, file({ '0.weight': [2], '1.weight': [2] }));
    const other = { '1.weight': { shape: [2], values: Float32Array.of(9, 9) } };
    const error = await refusal(loadWeights(net, file({ '0.weight': [2] }, other)), ModuleError);
    expect(error.message).to.include('"1.weight" has other values');
  });

  it('are all listed when they do not fit, and nothing changes', async () => {
    const net = convNet();
    const before = await valuesOf(net, 'conv.b');
    const { 'fc.bias': _, ...rest } = torchShapes;
    const bytes = file({ ...rest, 'act.weight': [3], 'fc.biass': [3] }, tracked);
    const holding = held();
    const { message } = await refusal(loadWeights(net, bytes), ModuleError);
    for (const part of [
      '"act.weight" [3] does not fit "act.slopes" [2]',
      'unexpected "fc.biass"',
      'missing "fc.b" [3]',
      'strict: false',
    ])
      expect(message).to.include(part);
    expectNoMore(holding);
    expect(await valuesOf(net, 'conv.b')).to.deep.equal(before);
    const report = await loadWeights(net, file({ 'conv.bias': [2], other: [1] }), { strict: false });
    expect(report).to.deep.include({ extra: ['other'], matched: [{ from: 'conv.bias', to: 'conv.b' }] });
    expect(await valuesOf(net, 'conv.b')).to.deep.equal([1, 2]);
  });

  it('of other formats are called by their names', async () => {
    const net = new PRelu(2);
    const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (const [bytes, name, hint] of [
      ['\x89HDF\r\n\x1a\n' + '\0'.repeat(100), 'an HDF5 file', 'loadHdf5'],
      ['\x93NUMPY\x01\0' + '\0'.repeat(100), 'a single array of NumPy', 'savez'],
      ['\x1f\x8b\x08' + '\0'.repeat(100), 'packed with gzip', 'gunzip'],
      ['<!doctype html>', 'a web page', 'address'],
    ] as const) {
      const { message } = await refusal(loadWeights(net, ascii(bytes)), DataError);
      expect(message).to.include(name).and.include(hint);
    }
  });
});

describe(`Weights of Keras [${backendName}]`, () => {
  onBackend();

  /** Values that name their place in [maps, pixels] or [outmaps, inmaps, height, width]. */
  const counted = (count: number) => Float32Array.from({ length: count }, (_, i) => i);

  it('have kernels with maps last, also where all sizes are equal', async () => {
    const net = new Conv2D({ inmaps: 3, outmaps: 3, size: 3, useBias: false });
    const kernel = file({}, { W: { shape: [3, 3, 3, 3], values: counted(81) } });
    await refusal(loadWeights(net, kernel), AmbiguousLayoutError);
    await loadWeights(net, kernel, { layout: 'keras' });
    const W = await valuesOf(net, 'W');
    for (const [out, inner, y, x] of [
      [0, 0, 0, 1],
      [1, 2, 0, 2],
      [2, 0, 1, 0],
    ] as const) {
      expect(W[((out * 3 + inner) * 3 + y) * 3 + x]).to.equal(((y * 3 + x) * 3 + inner) * 3 + out);
    }
  });

  const flattening = (...between: AnyModule[]) =>
    new Sequential([
      new Conv2D({ inmaps: 1, outmaps: 2, size: 3, useBias: false, name: 'conv' }),
      ...between,
      new Flatten(),
      new Dropout(0.5),
      new Linear({ insize: 8, outsize: 1, useBias: false, name: 'fc' }),
      new Activation('relu'),
      new Linear({ insize: 1, outsize: 1, useBias: false, name: 'last' }),
    ] as Module[]);
  const weights = file(
    {},
    {
      'conv.kernel': { shape: [3, 3, 1, 2], values: counted(18) },
      'fc.kernel': { shape: [8, 1], values: counted(8) },
      'last.kernel': { shape: [1, 1], values: counted(1) },
    },
  );
  const turned = [0, 2, 4, 6, 1, 3, 5, 7];

  it('have a Dense behind Flatten turned, told by the layout or by a kernel beside it', async () => {
    for (const options of [{ layout: 'keras' as const }, {}]) {
      const net = flattening(new Activation('relu'), new MaxPool2D(2));
      await loadWeights(net, weights, options);
      expect(await valuesOf(net, 'fc.W')).to.deep.equal(turned);
    }
  });

  it('are asked for where the network does not tell what is flattened', async () => {
    const net = flattening(new Split(1, [1, 1]));
    const error = await refusal(loadWeights(net, weights, { layout: 'keras' }), AmbiguousLayoutError);
    expect(error.message).to.include('"fc.W"').and.include("flattened: { 'fc.W': maps }");
    await loadWeights(net, weights, { layout: 'keras', flattened: { 'fc.W': 2 } });
    expect(await valuesOf(net, 'fc.W')).to.deep.equal(turned);
    await loadWeights(net, weights, { layout: 'keras', flattened: { 'fc.W': 1 } });
    expect(await valuesOf(net, 'fc.W')).to.deep.equal([...counted(8)]);
  });
});
