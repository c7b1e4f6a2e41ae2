import { backendName, expectClose, expectNoMore, held, itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { Graph, Sequential } from '@tessera-nn/containers';
import { DataError, ModuleError, mean, Variable, type AnyModule } from '@tessera-nn/core';
import { expect } from 'chai';
import { readZip } from '../zip/read-zip.js';
import { writeZip } from '../zip/write-zip.js';
import { fromKeras } from './from-keras.js';
import { kerasModels } from './keras-models.golden.js';
import { kerasInput, unpacked } from './keras.golden.js';

type Name = keyof typeof kerasModels;
interface Golden {
  readonly inputs: readonly { readonly shape: number[]; readonly whole: boolean }[];
  readonly outputs: readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[];
}

/** With the maps in front, where there is an image or a volume. */
const here = (x: Variable) =>
  x.rank < 4 ? x : x.transpose([0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, axis) => axis + 1)]);
/** With the maps behind. */
const there = (x: Variable) =>
  x.rank < 4 ? x : x.transpose([0, ...Array.from({ length: x.rank - 2 }, (_, axis) => axis + 2), 1]);

function inputsOf({ inputs }: Golden): Variable[] {
  return inputs.map(({ shape, whole }, place) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const x = new Variable(kerasInput(size, place, whole), { shape, ...(whole ? { dtype: 'int32' } : {}) });
    return here(x);
  });
}

async function expectGolden(net: AnyModule, golden: Golden): Promise<void> {
  const inputs = inputsOf(golden);
  const output = net.eval().forward(inputs.length === 1 ? inputs[0]! : inputs);
  const outputs = [output].flat() as Variable[];
  expect(outputs.length).to.equal(golden.outputs.length);
  for (const [i, { shape, values }] of golden.outputs.entries()) {
    const y = there(outputs[i]!);
    expect(y.shape).to.deep.equal(shape);
    expectClose(await y.values(), values, `output ${i}`, { relative: 1e-5, absolute: 1e-5 });
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

/** A `.keras` file with another configuration. */
async function reconfigured(name: Name, change: (config: string) => string): Promise<Uint8Array> {
  const entries = readZip(await unpacked(kerasModels[name].keras), (problem) => expect.fail(problem));
  const files = entries.map(async (entry) => {
    const bytes = await entry.bytes();
    if (entry.name !== 'config.json') return [entry.name, bytes] as const;
    return [entry.name, new TextEncoder().encode(change(new TextDecoder().decode(bytes)))] as const;
  });
  return writeZip(await Promise.all(files));
}

describe(`Models of Keras [${backendName}]`, () => {
  onBackend();

  for (const name of Object.keys(kerasModels) as Name[]) {
    for (const ending of ['keras', 'h5'] as const) {
      const each = ending === 'keras' ? it : itOnOneBackend;
      each(`compute what they did there: ${name}, .${ending}`, async () => {
        const net = await fromKeras(await unpacked(kerasModels[name][ending]));
        expect(net.name).to.equal(name);
        expect(net).to.be.instanceOf(name === 'functional' ? Graph : Sequential);
        await expectGolden(net, kerasModels[name]);
      });
    }
  }

  it('train on, but for layers that were frozen', async () => {
    const net = await fromKeras(await unpacked(kerasModels.images.keras));
    const frozen = ['norm.scale', 'head.W', 'head.b'];
    const learns = new Map([...net.namedParameters()].map(([path, { requiresGrad }]) => [path, requiresGrad]));
    expect([...learns].filter(([, requiresGrad]) => !requiresGrad).map(([path]) => path)).to.deep.equal(frozen);
    expect(net.training).to.equal(true);
    mean(net.forward(inputsOf(kerasModels.images)[0]!).square()).backward();
    for (const [path, variable] of net.namedParameters()) {
      expect(variable.grad === null, path).to.equal(frozen.includes(path));
    }
  });

  itOnOneBackend('leave the statistics of a frozen batch normalisation as they are', async () => {
    const frozen = (text: string) =>
      text.replace('"name": "norm", "trainable": true', '"name": "norm", "trainable": false');
    const net = await fromKeras<Sequential>(await reconfigured('images', frozen));
    expect(net.training).to.equal(true);
    expect(net.getByName('norm')!.training).to.equal(false);
  });

  itOnOneBackend('are called by their layers, and share what was shared', async () => {
    const net = await fromKeras<Graph>(await unpacked(kerasModels.functional.keras));
    expect([...net.nodes.keys()]).to.include.members(['left', 'right', 'inner', 'shared', 'shared_2', 'dense_selu']);
    expect(
      [...net.nodes.values()].filter(({ module }) => module === net.getNodeByName('shared')!.module),
    ).to.have.lengthOf(2);
    expect(net.getVar('inner.conv.W').shape).to.deep.equal([2, 2, 3, 3]);
  });

  itOnOneBackend('say all at once what they need that is not here', async () => {
    const before = held();
    const bytes = await reconfigured('functional', (config) =>
      config
        .replaceAll('"GroupNormalization"', '"Attention"')
        .replaceAll('"hard_sigmoid"', '"exponential"')
        .replaceAll('"bilinear"', '"bicubic"'),
    );
    const error = await refusal(fromKeras(bytes));
    expect(error).to.be.instanceOf(ModuleError);
    expect(error.message)
      .to.include('Conv2D with the activation "exponential" (1: "shared")')
      .and.include('Attention (1: "groups")')
      .and.not.include('Softmax');
    const sequences = await reconfigured('sequences', (config) =>
      config
        .replaceAll('"reset_after": true', '"reset_after": false')
        .replaceAll('"merge_mode": "concat"', '"merge_mode": "sum"'),
    );
    expect((await refusal(fromKeras(sequences))).message).to.include('Bidirectional with merge_mode "sum" (1: "both")');
    expectNoMore(before);
  });

  itOnOneBackend('are refused where they do not fit together, or hold other weights', async () => {
    const before = held();
    for (const [name, change, problem] of [
      ['images', (text: string) => text.replace('[null, 9, 7, 2]', '[null, 9, 7, 3]'), 'do not fit together'],
      ['images', (text: string) => text.replace('"use_bias": false', '"use_bias": true'), 'with 2 weights, expected 3'],
      ['images', (text: string) => text.replace('"batch_shape"', '"no_shape"'), 'what shape its input'],
      ['functional', (text: string) => text.replace('["scaled", 0, 0]', '["sum", 0, 0]'), 'in a circle'],
      [
        'functional',
        (text: string) => text.replace('["scaled", 0, 0]', '["nothing", 0, 0]'),
        '"nothing", which it does not have',
      ],
      [
        'functional',
        (text: string) => text.replace('["scaled", 0, 0]', '["scaled", 7, 0]'),
        'call 7 of layer "scaled"',
      ],
      [
        'functional',
        (text: string) => text.replace('"right", "inbound', '"left", "inbound'),
        'two layers of it are called "left"',
      ],
    ] as const) {
      const error = await refusal(fromKeras(await reconfigured(name, change)));
      expect(error, error.message).to.be.instanceOf(DataError);
      expect(error.message).to.include(problem);
    }
    const bytes = await unpacked(kerasModels.images.keras);
    expect((await refusal(fromKeras(bytes, { limit: 100 }))).message).to.include('more than the');
    expectNoMore(before);
  });

  itOnOneBackend('are not what holds weights alone', async () => {
    const bytes = await unpacked(kerasModels.images.h5);
    const at = new TextDecoder('latin1').decode(bytes).indexOf('model_config');
    bytes[at] = 'n'.charCodeAt(0);
    expect((await refusal(fromKeras(bytes))).message)
      .to.include('holds no architecture')
      .and.include('loadWeights');
  });
});
