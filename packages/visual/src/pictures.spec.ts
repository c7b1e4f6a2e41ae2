import { Variable } from '@tessera-nn/core';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { decode } from 'fast-png';
import { palettes } from './look.js';
import { Picture, plotConfusionMatrix, plotHistogram, plotHistory } from './index.js';
import { showFeatureMaps, showFilters, showImageBasedFilters, showImageBatch } from './index.js';

/** The pixels of the images within a picture. */
function imagesIn(picture: Picture) {
  return [...picture.toSvg().matchAll(/base64,([^"]+)"/g)].map(([, text]) => {
    return decode(Uint8Array.from(atob(text!), (character) => character.charCodeAt(0)));
  });
}

/** The colours along the middle of a row of tiles, without what lies between them. */
function coloursOf(picture: Picture): string[] {
  const { data, width, height, channels } = imagesIn(picture)[0]!;
  const row = Math.floor(height / 2);
  const seen: string[] = [];
  for (let x = 0; x < width; x++) {
    const at = channels * (row * width + x);
    const colour = Array.from(data.slice(at, at + 3)).join();
    if (data[at + 3] === 255 && seen.at(-1) !== colour) seen.push(colour);
  }
  return seen;
}

const texts = (picture: Picture) => [...picture.toSvg().matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
const rejection = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing',
    (error: Error) => error.message,
  );

describe(`Pictures [${backendName}]`, () => {
  onBackend();

  it('show images from black to white, and what is not a number in a colour of its own', async () => {
    const gray = new Variable([0, 0.5, 1, NaN], { shape: [1, 1, 1, 4] });
    expect(coloursOf(await showImageBatch(gray))).to.deep.equal(['0,0,0', '128,128,128', '255,255,255', '255,0,160']);
    const signed = new Variable([-2, 0, 2], { shape: [1, 1, 1, 3] });
    expect(coloursOf(await showImageBatch(signed))).to.deep.equal(['0,0,0', '128,128,128', '255,255,255']);
    const colour = new Variable([1, 0, 0, 0.2, 0, 1], { shape: [1, 3, 1, 2] });
    expect(coloursOf(await showImageBatch(colour))).to.deep.equal(['255,0,0', '0,51,255']);
    expect(coloursOf(await showImageBatch(gray, { range: [0, 2] })).slice(0, 3)).to.deep.equal([
      '0,0,0',
      '64,64,64',
      '128,128,128',
    ]);
  });

  it('put captions below images, cut where they are too long', async () => {
    const batch = new Variable(new Float32Array(8), { shape: [2, 1, 2, 2] });
    expect(texts(await showImageBatch(batch, { captions: ['a & b', 'a caption without an end'] }))).to.deep.equal([
      '2 images of 2 × 2',
      'a &amp; b',
      'a cap…',
    ]);
  });

  it('show filters around zero, by the greatest of all or of each', async () => {
    const filters = [[[[-2, 0, 2]], [[0, 1, -1]]]];
    const [blue, white, orange] = ['18,62,138', '246,245,242', '150,50,4'];
    expect(coloursOf(await showFilters(filters))).to.deep.equal([
      blue,
      white,
      orange,
      white,
      '240,140,72',
      '96,150,230',
    ]);
    expect(coloursOf(await showFilters(filters, { scale: 'each' }))).to.deep.equal([
      blue,
      white,
      orange,
      white,
      orange,
      blue,
    ]);
    expect(texts(await showFilters(filters)).slice(1)).to.deep.equal(['−2', '2']);
  });

  it('show maps from dark to bright, and filters of colour images from their least to their greatest', async () => {
    expect(coloursOf(await showFeatureMaps([[[[1, 5]], [[2, 3]]]]))).to.deep.equal([
      '14,20,34',
      '240,246,255',
      '14,20,34',
      '240,246,255',
    ]);
    const filters = new Variable([-1, 1, 0, 0, 1, -1], { shape: [1, 3, 1, 2] });
    expect(coloursOf(await showImageBasedFilters(filters))).to.deep.equal(['0,128,255', '255,128,0']);
  });

  it('leave the reader the choice of light or dark, or take one', async () => {
    const picture = await plotHistogram([1, 2, 3]);
    const of = (theme: 'light' | 'dark') => palettes[theme].paper;
    expect(picture.toSvg()).to.contain('prefers-color-scheme:dark').and.contain(of('light')).and.contain(of('dark'));
    expect(picture.toSvg({ theme: 'dark' }))
      .to.contain(of('dark'))
      .and.not.contain(of('light'));
  });

  it('plot steps and epochs of a run, with gaps where a loss is no number', () => {
    const epochs = [
      { epoch: 1, loss: 2, validationLoss: 3 },
      { epoch: 2, loss: 1, validationLoss: 0.125 },
    ];
    const picture = plotHistory({ losses: [3, NaN, 1, 1], epochs });
    expect(texts(picture)).to.include.members(['epochs: 1 at the end', 'validation: 0.125 at the end', 'epoch']);
    const steps = /stroke-opacity="0.55" d="([^"]+)"|d="([^"]+)"[^>]*stroke-opacity/.exec(picture.toSvg())!;
    expect((steps[1] ?? steps[2])!.match(/M/g)).to.have.length(2);
    expect(texts(plotHistory({ losses: [1000, 0, 0.1], epochs: [] }, { scale: 'log' }))).to.include.members([
      '1000',
      '0.1',
    ]);
  });

  it('count numbers in bars, all of them, and say how many are not finite', async () => {
    const picture = await plotHistogram([0, 0, 1, 4, Infinity], { bins: 4, title: 'w' });
    expect(picture.title).to.equal('w (1 not finite)');
    const bars = [...picture.toSvg().matchAll(/<rect class="series0"[^>]*height="([\d.]+)"/g)].map(([, h]) =>
      Number(h),
    );
    expect(bars.map((height) => Math.round((2 * height) / bars[0]!))).to.deep.equal([2, 1, 0, 1]);
  });

  it('show a matrix of answers with its share of right ones', () => {
    const picture = plotConfusionMatrix(
      [
        [3, 1],
        [0, 4],
      ],
      { names: ['cat', '<dog>'] },
    );
    expect(picture.title).to.equal('87.5 % of 8 answers are right');
    expect(texts(picture)).to.include.members(['cat', '&lt;dog&gt;', '3', '1', '4', 'is', 'answered']);
  });

  it('refuse what they cannot show, by name', async () => {
    expect(await rejection(showImageBatch([[1, 2]]))).to.contain(
      'Expected [batch, maps, height, width], received [1, 2]',
    );
    expect(await rejection(showImageBatch([[[[1]], [[2]]]]))).to.contain('showFeatureMaps shows every map alone');
    expect(await rejection(plotHistogram([NaN]))).to.contain('received 1 that are not');
    expect(() => plotHistory({ losses: [], epochs: [] })).to.throw('received one of none');
    expect(() => plotConfusionMatrix([[1, 2]])).to.throw('as many columns as rows');
    expect(() => plotConfusionMatrix([[1]], { names: [] })).to.throw('Expected 1 names, received 0');
  });
});
