import { backendName, itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { Sequential } from '@tessera-nn/containers';
import { DataError, seed } from '@tessera-nn/core';
import { BatchNorm2D, Conv2D, Flatten, Linear, PRelu } from '@tessera-nn/modules';
import { expect } from 'chai';
import { loadWeights } from '../weights/load-weights.js';
import { writeZip } from '../zip/write-zip.js';
import { torchFiles, torchOutput, torchViews } from './pytorch-files.golden.js';
import { readPyTorch } from './read-pytorch.js';

const fileOf = (name: keyof typeof torchFiles) =>
  Uint8Array.from(atob(torchFiles[name]), (character) => character.charCodeAt(0));

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(DataError);
  return String(error);
}

/** A file of before version 1.6 whose value is the given instructions. */
function legacy(instructions: string): Uint8Array {
  const magic = '\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.';
  const text = `\x80\x02${magic}\x80\x02M\xe9\x03.\x80\x02}.\x80\x02${instructions}.\x80\x02].`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
const global = (module: string, name: string) => `c${module}\n${name}\n`;

const convNet = () =>
  new Sequential([
    new Conv2D({ inmaps: 1, outmaps: 2, size: 2, name: 'conv' }),
    new BatchNorm2D({ maps: 2, name: 'norm' }),
    new PRelu({ maps: 2, name: 'act' }),
    new Flatten(),
    new Linear({ insize: 2, outsize: 2, name: 'fc' }),
  ]);

describe(`Files of PyTorch [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  for (const name of ['views', 'legacyViews'] as const) {
    itOnOneBackend(`hold tensors of every type, however they look into their storage: ${name}`, async () => {
      const tensors = await readPyTorch(fileOf(name));
      expect([...tensors.keys()]).to.have.members(Object.keys(torchViews));
      for (const [key, { dtype, shape, values }] of Object.entries(torchViews)) {
        const found = tensors.get(key)!;
        expect({ ...found, values: Array.from(found.values, Number) }, key).to.deep.equal({ dtype, shape, values });
      }
    });
  }

  for (const name of ['state', 'legacy', 'checkpoint'] as const) {
    it(`give a network what it was in PyTorch: ${name}`, async () => {
      const net = convNet();
      // A square matrix: the format says how it lies.
      const { missing, extra } = await loadWeights(net, fileOf(name));
      expect([missing, extra]).to.deep.equal([[], []]);
      const output = await net
        .eval()
        .forward([
          [
            [
              [0, 0.25],
              [0.5, 0.75],
            ],
          ],
        ])
        .values();
      torchOutput.forEach((value, i) => expect(output[i]).to.be.closeTo(value, 1e-6));
    });
  }

  itOnOneBackend('of other protocols are read, and what is not a tensor is passed over', async () => {
    const tensors = await readPyTorch(fileOf('protocol4'));
    expect([...tensors]).to.deep.equal([['weight', { dtype: 'float32', shape: [2], values: Float32Array.of(1, 2) }]]);
  });

  itOnOneBackend('have the state dict under a key that may be told', async () => {
    const file = fileOf('checkpoint');
    expect([...(await readPyTorch(file, { key: 'state_dict' })).keys()]).to.include('module.fc.weight');
    expect(await refusal(readPyTorch(file, { key: 'optimizer' }))).to.contain('has no state dict under "optimizer"');
    const without = legacy(`}(${text('ema')}}${text('epoch')}K\x03u`);
    const message = await refusal(readPyTorch(without));
    expect(message).to.contain('a dict of ema, epoch').and.contain('{ key }');
    expect(await refusal(readPyTorch(legacy('K\x03')))).to.contain('something else than a dict');
  });

  itOnOneBackend('run nothing: what they name beside tensors is refused by its name', async () => {
    const own = { wholeModel: 'torch.nn.modules.linear.Linear', harmful: 'posix.system' } as const;
    for (const [name, asked] of Object.entries(own)) {
      const message = await refusal(readPyTorch(fileOf(name as keyof typeof own)));
      expect(message).to.contain(`asks for ${asked}`).and.contain('state_dict()');
    }
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(await refusal(readPyTorch(legacy(global('collections', name))))).to.contain(`collections.${name}`);
    }
    const named = `\x80\x04\x8c\x08builtins\x8c\x04eval\x93`;
    expect(await refusal(readPyTorch(legacy(named)))).to.contain('asks for builtins.eval');
  });

  itOnOneBackend('are refused before they are unpacked to more than they may', async () => {
    const swelling = await writeZip([['net/data.pkl', new Uint8Array(100_000)]], { compress: true });
    expect(await refusal(readPyTorch(swelling, { limit: 5000 }))).to.contain('unpacks to 100000 bytes');
  });

  itOnOneBackend('are refused where the pickle is not sound', async () => {
    const storage = `(${text('storage')}${global('torch', 'FloatStorage')}${text('0')}${text('cpu')}K\x04NtQ`;
    const tensor = (offset: string, shape: string, strides: string) =>
      `}${text('w')}${global('torch._utils', '_rebuild_tensor')}(${storage}${offset}${shape}${strides}tRs`;
    for (const [instructions, problem] of [
      ['0', 'takes a value that is not there'],
      ['t', 'lacks a mark'],
      ['h\x05', 'recalls what it never kept'],
      ['}K\x01a', 'appends to what is not a list'],
      [']K\x01K\x02s', 'into what is not a dict'],
      ['}(K\x01u', 'into what is not a dict'],
      ['N)R', 'calls what is not a function'],
      [`${global('torch', 'Size')}NR`, 'calls what is not a function'],
      ['NN\x93', 'a name in its pickle is not a text'],
      ['\x8a\x41', 'a number of 65 bytes'],
      ['X\x01\0\0\0\xff', 'not UTF-8'],
      ['X\xff\xff\xff\x7fab', 'lies beyond its end'],
      ['i', 'the instruction 105'],
      ['NQ', 'refers to something else than a storage'],
      [tensor('K\0', 'K\x02\x85', 'N'), '"w" is not a view into a storage'],
      [tensor('J\xff\xff\xff\xff', 'K\x02\x85', 'K\x01\x85'), '"w" is not a view into a storage'],
      [tensor('K\0', 'K\x02\x85', ')'), '"w" has no shape'],
      [tensor('K\x03', 'K\x02\x85', 'K\x01\x85'), '"w" [2] lies beyond the 4 numbers'],
      [tensor('K\0', 'K\x03\x85', 'K\x02\x85'), '"w" [3] lies beyond the 4 numbers'],
      [tensor('K\0', 'K\x04\x85', 'K\x01\x85'), 'storage "0" is missing'],
      [tensor('K\0', 'J\0\0\0\x7f\x85', 'K\0\x85'), 'holds more than it may'],
    ] as const) {
      expect(await refusal(readPyTorch(legacy(instructions))), instructions).to.contain(problem);
    }
    expect(await refusal(readPyTorch(Uint8Array.of(0x80, 2)))).to.contain('lies beyond its end');
    expect(await refusal(readPyTorch(Uint8Array.of(0x80, 2, 0x4b, 1, 0x2e)))).to.contain('not one of PyTorch');
  });
});
