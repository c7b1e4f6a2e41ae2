import { ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { ArrayDataset, type ArrayDatasetOptions } from './array-dataset.js';
import { batches, type BatchesOptions } from './batches.js';
import { gunzip } from './gunzip.js';
import { loadMnist } from './mnist.js';
import { syntheticDigits, type SyntheticDigitsOptions } from './synthetic-digits.js';

const points = { data: [[1], [2]], labels: [0, 1] };
const dataset = (options: object) => new ArrayDataset(options as ArrayDatasetOptions);
const cut = (options: object) => batches(dataset(points), options as BatchesOptions);
const digits = (options: object) => syntheticDigits(options as SyntheticDigitsOptions);
const unpack = (options: object) => gunzip(new Uint8Array(1), 'it', options);
const mnist = (options: object) => loadMnist(options);

describe('Options of data', () => {
  for (const [title, make, says] of [
    ['label of ArrayDataset', () => dataset({ data: [[1]], label: [1] }), 'no option "label". Did you mean "labels"?'],
    ['missing labels', () => dataset({ data: [[1]] }), 'labels is missing. Expected an array of whole numbers'],
    ['text for data', () => dataset({ ...points, data: 'x' }), 'data does not fit. Expected a typed array, or nested'],
    ['a number for a shape', () => dataset({ ...points, shape: 2 }), 'shape does not fit. Expected a list of numbers'],
    [
      'text for true',
      () => dataset({ ...points, checkFinite: 'no' }),
      'checkFinite does not fit. Expected true or false',
    ],
    ['arrays for options', () => dataset([[1]]), 'ArrayDataset: options come by name'],
    [
      'a number for a stream',
      () => dataset(points).split(0.5, 42 as never),
      'stream does not fit. Expected a random stream',
    ],
    ['batch_size of batches', () => cut({ batch_size: 1 }), 'Did you mean "batchSize"?'],
    ['drop of batches', () => cut({ batchSize: 1, drop_last: true }), 'Did you mean "dropLast"?'],
    ['a word for shuffle', () => cut({ batchSize: 1, shuffle: 'yes' }), 'shuffle does not fit'],
    ['a number for options', () => cut(2 as never), 'batches: options come by name'],
    ['seed of syntheticDigits', () => digits({ count: 1, seed: 5 }), 'syntheticDigits has no option "seed"'],
    [
      'a count in text',
      () => digits({ count: '7' }),
      'count does not fit. Expected a whole number from 1, received "7"',
    ],
    ['a stream that is none', () => digits({ count: 1, stream: Math }), 'stream does not fit'],
  ] as const) {
    it(`refuse ${title}`, () => expect(make).to.throw(ValueError, says));
  }

  for (const [title, make, says] of [
    ['limits of gunzip', () => unpack({ limits: 5 }), 'gunzip has no option "limits". Did you mean "limit"?'],
    ['a limit that is none', () => unpack({ limit: NaN }), 'limit does not fit'],
    ['a limit in text', () => unpack({ limit: '1' }), 'limit does not fit'],
    ['cache of loadMnist', () => mnist({ cachefolder: 'x' }), 'Did you mean "cacheFolder"?'],
    ['true for a cache', () => mnist({ cacheFolder: true }), 'cacheFolder does not fit. Expected a path, or false'],
    ['numbers for checksums', () => mnist({ checksums: { 'train-images-idx3-ubyte': 5 } }), 'checksums does not fit'],
    ['a path for options', () => mnist('folder' as never), 'loadMnist: options come by name'],
  ] as const) {
    it(`refuse ${title}`, async () => {
      const error = await make().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.instanceOf(ValueError);
      expect(String(error)).to.include(says);
    });
  }
});
