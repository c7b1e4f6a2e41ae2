import { DataError, ShapeError, Variable, zeros } from '@tessera-nn/core';
import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { fromPixels, toPixels } from './pixels.js';

const image = { data: Uint8ClampedArray.of(255, 51, 0, 102, 0, 255, 255, 255), width: 2, height: 1 };

describe(`Pixels [${backendName}]`, () => {
  onBackend();

  it('become maps of a Variable, and pixels again', async () => {
    expectClose(await fromPixels(image, { maps: 4 }).values(), [1, 0, 0.2, 1, 0, 1, 0.4, 1], 'values');
    expect(fromPixels(image).shape).to.deep.equal([1, 3, 1, 2]);
    const { data, width, height } = await toPixels(fromPixels(image, { maps: 4 }));
    expect([[...data], width, height]).to.deep.equal([[...image.data], 2, 1]);
    expectClose(await fromPixels(image, { maps: 1 }).values(), [0.299 + 0.587 / 5, 0.587 + 0.114], 'brightness');
  });

  it('are opaque and grey where a Variable says nothing else, and within their range', async () => {
    const { data } = await toPixels(new Variable([0.2, 7, -1], { shape: [1, 3, 1] }));
    expect([...data]).to.deep.equal([51, 51, 51, 255, 255, 255, 255, 255, 0, 0, 0, 255]);
  });

  it('are refused where they are none', async () => {
    expect(() => fromPixels({ ...image, width: 3 })).to.throw(DataError, '3 by 1');
    expect(() => fromPixels(null as never)).to.throw(DataError, 'has no pixels');
    expect(() => fromPixels({ width: 0, height: 0 } as never)).to.throw(DataError, 'has no pixels');
    const failed = await toPixels(zeros([2, 3, 1, 1])).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(ShapeError);
  });

  it('come from a canvas in a page', async function () {
    if (typeof OffscreenCanvas === 'undefined') return;
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#ff0033';
    context.fillRect(0, 0, 1, 1);
    expectClose(await fromPixels(canvas).values(), [1, 0, 0.2], 'values');
  });
});
