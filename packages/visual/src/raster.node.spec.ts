// PNG files in Node: size, colours, and text that is set in a font of its own.
import { onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { decode } from 'fast-png';
import { inspect } from 'node:util';
import { plotHistogram, showFilters } from './index.js';

describe('PNG files', () => {
  onBackend();

  it('have the scale and the colours that are asked for', async () => {
    const picture = await plotHistogram([1, 2]);
    for (const [theme, paper] of [
      ['light', [255, 255, 255]],
      ['dark', [0x13, 0x17, 0x1d]],
    ] as const) {
      const { width, height, data } = decode(await picture.toPng({ theme, scale: 1.5 }));
      expect([width, height]).to.deep.equal([720, 420]);
      expect(Array.from(data.slice(0, 3))).to.deep.equal(paper);
    }
  });

  it('keep numbers as squares of one colour, and hold text whatever fonts there are', async () => {
    const picture = await showFilters([[[[1, -1]]]], { title: '' });
    const { width, data, channels } = decode(await picture.toPng({ scale: 2 }));
    const at = (x: number, y: number) =>
      Array.from(data.slice(channels * (y * width + x), channels * (y * width + x) + 3));
    const top = 2 * 39;
    expect(at(32, top)).to.deep.equal([150, 50, 4]);
    expect(at(63, top + 31)).to.deep.equal([150, 50, 4]);
    expect(at(64, top + 31)).to.deep.equal([18, 62, 138]);
    const bare = await picture.toPng();
    const titled = await (await showFilters([[[[1, -1]]]], { title: 'text' })).toPng();
    expect(titled).not.to.deep.equal(bare);
  });

  it('cannot be had on a canvas, and are shown by their titles', async () => {
    const picture = await plotHistogram([1, 2], { title: 'w' });
    expect(inspect(picture)).to.equal('Picture(w, 480 x 280)');
    const error = await picture.drawOn({} as never).catch((reason: Error) => reason);
    expect(String(error)).to.contain('There is no page here');
  });
});
