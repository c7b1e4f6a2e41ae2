// What stands in a file, as a second reader sees it.
import { Sequential } from '@tessera-nn/containers';
import type { AnyModule } from '@tessera-nn/core';
import {
  Activation,
  BatchNorm2D,
  Conv2D,
  Flatten,
  GlobalAvgPool2D,
  Linear,
  MaxPool2D,
  PixelShuffle,
  PRelu,
} from '@tessera-nn/modules';
import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { readTflite, type TfliteFile } from '@tessera-nn/testing/litert';
import { expect } from 'chai';
import { operators } from './format/operators.js';
import { toTflite, TfliteError } from './index.js';

const nameOf = new Map(Object.entries(operators).map(([name, { code }]) => [code, name]));
const names = ({ operators: all }: TfliteFile) => all.map(({ code }) => nameOf.get(code));
const conv = () => new Conv2D({ inmaps: 3, outmaps: 4, size: 3, pad: 1, name: 'conv' });

async function written(net: AnyModule, shape: number[], options = {}): Promise<TfliteFile> {
  return readTflite(await toTflite(net, shape, options));
}

describe('A TFLite file', () => {
  onBackend();

  itOnOneBackend('says what it is, and lays its numbers where they can be read in place', async () => {
    const file = await written(conv(), [1, 3, 5, 6], { metadata: { trainedOn: 'digits' } });
    expect(file.identifier).to.equal('TFL3');
    expect(file.version).to.equal(3);
    expect(file.metadata).to.deep.equal({ min_runtime_version: '1.5.0', trainedOn: 'digits' });
    const stored = file.tensors.filter(({ bytes }) => bytes.length > 0);
    expect(stored.map(({ name }) => name)).to.deep.equal(['W', 'b']);
    for (const { begin } of stored) expect(begin % 16).to.equal(0);
  });

  itOnOneBackend('has images with their maps last, and filters as TFLite wants them', async () => {
    const file = await written(conv(), [1, 3, 5, 6]);
    const [input, output] = [file.inputs, file.outputs].map(([place]) => file.tensors[place!]!);
    expect(input!.shape).to.deep.equal([1, 5, 6, 3]);
    expect(output!.shape).to.deep.equal([1, 5, 6, 4]);
    expect(file.tensors.find(({ name }) => name === 'W')!.shape).to.deep.equal([4, 3, 3, 3]);
  });

  itOnOneBackend('has a PRelu as one operator, whose slopes share height and width', async () => {
    const file = await written(new PRelu({ maps: 3 }), [1, 3, 5, 6]);
    expect(names(file)).to.deep.equal(['PRELU']);
    expect(file.tensors[file.operators[0]!.inputs[1]!]!.shape).to.deep.equal([1, 1, 3]);
  });

  itOnOneBackend(
    'has a plain network in one operator for each of its parts, norms and activations within',
    async () => {
      const net = new Sequential([
        conv(),
        new BatchNorm2D(4),
        new Activation('clip'),
        new MaxPool2D(2),
        new Flatten(),
        new Linear({ insize: 24, outsize: 5 }),
        new Activation('relu'),
      ]);
      const file = await written(net, [1, 3, 5, 6]);
      expect(names(file)).to.deep.equal(['CONV_2D', 'MAX_POOL_2D', 'RESHAPE', 'FULLY_CONNECTED']);
    },
  );

  itOnOneBackend('keeps what others read of a convolution beside its norm', async () => {
    const net = new Sequential([new BatchNorm2D(3), new GlobalAvgPool2D()]);
    expect(names(await written(net, [1, 3, 5, 6]))).to.deep.equal(['MUL', 'ADD', 'MEAN']);
  });

  itOnOneBackend(
    'has pixels out of maps in one operator, for which a convolution makes its maps in another order',
    async () => {
      const net = new Sequential([new Conv2D({ inmaps: 3, outmaps: 8, size: 1 }), new PixelShuffle(2)]);
      expect(names(await written(net, [1, 3, 5, 6]))).to.deep.equal(['CONV_2D', 'DEPTH_TO_SPACE']);
      const alone = await written(new PixelShuffle(2), [1, 8, 5, 6]);
      expect(names(alone)).to.deep.equal(['GATHER', 'DEPTH_TO_SPACE']);
    },
  );

  itOnOneBackend('has numbers of operators for old and new readers, and the first version that does it', async () => {
    const file = await written(new Activation('gelu'), [1, 4]);
    expect(file.operators.map(({ code, oldCode, version }) => ({ code, oldCode, version }))).to.deep.equal([
      { code: 150, oldCode: 127, version: 1 },
    ]);
  });

  itOnOneBackend(
    'names inputs and outputs in its signature, and leaves the batch open where it is told to',
    async () => {
      const options = { inputNames: ['image'], outputNames: ['classes'], dynamicBatch: true };
      const file = await written(conv(), [1, 3, 5, 6], options);
      expect(file.signature).to.deep.equal({
        inputs: [['image', file.inputs[0]]],
        outputs: [['classes', file.outputs[0]]],
      });
      expect(file.tensors[file.inputs[0]!]!.signature).to.deep.equal([-1, 5, 6, 3]);
      expect(file.tensors[file.inputs[0]!]!.shape).to.deep.equal([1, 5, 6, 3]);
    },
  );

  itOnOneBackend(
    'refuses names that are not as many as there are outputs, and metadata that are not texts',
    async () => {
      const error = await toTflite(conv(), [1, 3, 5, 6], { outputNames: [] }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(TfliteError);
      const other = await toTflite(conv(), [1, 3, 5, 6], { metadata: { runs: 5 } as never }).catch(String);
      expect(other).to.contain('texts by name');
    },
  );
});
