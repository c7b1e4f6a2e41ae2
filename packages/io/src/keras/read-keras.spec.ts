import { backendName, expectClose, itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { Sequential } from '@tessera-nn/containers';
import { DataError, seed, Variable } from '@tessera-nn/core';
import { BatchNorm2D, Conv2D, Flatten, Linear, PRelu } from '@tessera-nn/modules';
import { expect } from 'chai';
import { loadWeights } from '../weights/load-weights.js';
import { readZip } from '../zip/read-zip.js';
import { writeZip } from '../zip/write-zip.js';
import { kerasOutput } from './keras-files.golden.js';
import { kerasBytes } from './keras.golden.js';
import { readKeras } from './read-keras.js';

const makeNet = () =>
  new Sequential([
    new Conv2D({ inmaps: 2, outmaps: 3, size: [2, 3], name: 'first' }),
    new BatchNorm2D({ maps: 3, name: 'norm' }),
    new PRelu({ maps: 3, name: 'act' }),
    new Conv2D({ inmaps: 3, outmaps: 3, size: 1, useBias: false, name: 'second' }),
    new PRelu({ shape: [3, 5, 3], name: 'each' }),
    new Flatten(),
    new Linear({ insize: 45, outsize: 4, name: 'hidden' }),
    new Linear({ insize: 4, outsize: 4, name: 'head' }),
  ]);

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(DataError);
  return String(error);
}

describe(`Files of Keras [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  for (const ending of ['keras', 'h5'] as const) {
    it(`give a network what it was in Keras: .${ending}`, async () => {
      const net = makeNet();
      const { extra, missing } = await loadWeights(net, await kerasBytes(ending));
      expect(extra).to.deep.equal([]);
      expect(missing).to.deep.equal(['norm.numOfProps']);
      const images = Float32Array.from({ length: 60 }, (_, i) => i / 60);
      const x = new Variable(images, { shape: [1, 6, 5, 2] }).transpose([0, 3, 1, 2]);
      expectClose(await net.eval().forward(x).values(), kerasOutput, 'the output', { relative: 1e-5 });
    });
  }

  itOnOneBackend('hold weights by the names of their layers', async () => {
    const [named, numbered] = await Promise.all(
      [kerasBytes('h5'), kerasBytes('keras')].map(async (bytes) => readKeras(await bytes)),
    );
    expect([...numbered!.keys()]).to.have.members([...named!.keys()]);
    for (const [name, tensor] of named!) expect(numbered!.get(name), name).to.deep.equal(tensor);
    expect(named!.get('second.kernel')!.shape).to.deep.equal([1, 1, 3, 3]);
  });

  itOnOneBackend('are refused by name where a layer is not known, and where they hold too much', async () => {
    const bytes = await kerasBytes('keras');
    expect(await refusal(readKeras(bytes, { limit: 100 }))).to.include('holds more than it may');
    const entries = readZip(bytes, (problem) => expect.fail(problem));
    const changed = async (change: (config: string) => string) =>
      writeZip(
        await Promise.all(
          entries.map(async (entry) => {
            const whole = await entry.bytes();
            if (entry.name !== 'config.json') return [entry.name, whole] as const;
            return [entry.name, new TextEncoder().encode(change(new TextDecoder().decode(whole)))] as const;
          }),
        ),
      );
    for (const [change, problem] of [
      [(config: string) => config.replaceAll('"PReLU"', '"Other"'), '"layers/p_re_lu/vars/0" belongs to no layer'],
      [
        (config: string) => config.replace('"use_bias": false', '"use_bias": true'),
        'layer "second" is a Conv2D with 1',
      ],
      [(config: string) => config.slice(1), 'config.json is damaged'],
      [() => '{"class_name":"Sequential","config":{"layers":3}}', 'lists no layers'],
      [() => '{"class_name":"Sequential","config":{"layers":[null]}}', 'has no name'],
    ] as const) {
      expect(await refusal(readKeras(await changed(change)))).to.include(problem);
    }
  });
});
