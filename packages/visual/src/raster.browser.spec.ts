// Pictures in a page: on a canvas and as the bytes of a file. Node has no canvas; raster.node.spec.ts is its part.
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { decode } from 'fast-png';
import { plotHistogram } from './index.js';

describe(`Pictures in a page [${backendName}]`, () => {
  onBackend();
  if (typeof document === 'undefined') return;

  it('are drawn on a canvas in the sharpness of the screen', async () => {
    const canvas = document.createElement('canvas');
    await (await plotHistogram([1, 2])).drawOn(canvas, { theme: 'dark' });
    expect([canvas.width, canvas.style.width]).to.deep.equal([Math.round(480 * devicePixelRatio), '480px']);
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, 1, 1);
    expect(Array.from(data)).to.deep.equal([0x13, 0x17, 0x1d, 255]);
  });

  it('become files of a scale', async () => {
    const { width, height, data } = decode(await (await plotHistogram([1, 2])).toPng({ scale: 2 }));
    expect([width, height]).to.deep.equal([960, 560]);
    expect(Array.from(data.slice(0, 3))).to.deep.equal([255, 255, 255]);
  });
});
