import { expect } from 'chai';
import { History } from '../history.js';
import { eventFile } from './event-file.js';

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** By RecordWriter and Event of tensorboard 2.21.0: the version, and the same numbers. */
const WRITTEN_BY_TENSORBOARD = [
  '18 00 00 00 00 00 00 00 a3 7f 4b 22 09 00 00 00 00 00 00 f8 3f 1a 0d 62 72 61 69 6e 2e 45 76 65 6e 74 3a 32 2a 28 64 6c',
  '1a 00 00 00 00 00 00 00 12 9b d8 2d 09 00 00 00 00 00 00 f8 3f 10 01 2a 0d 0a 0b 0a 04 6c 6f 73 73 15 00 00 00 3f 18 a4 43 3d',
  '1b 00 00 00 00 00 00 00 1a 0d 9e 13 09 00 00 00 00 00 00 f8 3f 10 ac 02 2a 0d 0a 0b 0a 04 6c 6f 73 73 15 00 00 00 c0 43 3f 8f c0',
];

describe('event files', () => {
  it('are to the byte what TensorBoard 2.21 writes', () => {
    const scalars = [
      { tag: 'loss', step: 1, value: 0.5 },
      { tag: 'loss', step: 300, value: -2 },
    ];
    expect(hex(eventFile(scalars, 1.5))).to.equal(WRITTEN_BY_TENSORBOARD.join(' '));
  });

  it('hold a history by tags, with lists of errors one by one', () => {
    const text = new TextDecoder('latin1').decode(
      new History(
        [1, 2],
        [{ epoch: 1, loss: 1.5, rate: 0.1, samples: 2, validationLoss: 3, validationError: [0, 1] }],
      ).toTensorBoard(),
    );
    const tags = text.match(/(loss|rate|validation)[a-z0-9_/]*/g);
    expect(tags).to.deep.equal([
      'loss/steps',
      'loss/steps',
      'loss/epochs',
      'rate',
      'validation/loss',
      'validation/error_0',
      'validation/error_1',
    ]);
  });
});
