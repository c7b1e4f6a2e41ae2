import { DataError, RandomStream, ShapeError, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { ArrayDataset } from '../array-dataset.js';
import { colorJitter } from './color-jitter.js';
import { cutout } from './cutout.js';
import { cutMix, mixUp } from './mixing.js';
import { mapStatistics, normalizeMaps } from './normalize-maps.js';
import { randomAffine } from './random-affine.js';
import { randomCrop } from './random-crop.js';
import { randomFlip } from './random-flip.js';
import { augmented, type Transform } from './transform.js';

/** Images of 3 by 4 with two maps, whose pixels are all different and above 0. */
const images = (count = 3) =>
  new ArrayDataset({
    data: Float32Array.from({ length: count * 24 }, (_, i) => (i + 1) / 100),
    shape: [count, 2, 3, 4],
    labels: Array.from({ length: count }, (_, i) => i % 3),
  });
const batch = () => images().gather([0, 1, 2]);
const stream = () => new RandomStream(7);

describe('Transforms of images', () => {
  it('are the same from the same stream, and leave the batch as it was', () => {
    const transforms: readonly Transform[] = [
      randomCrop({ pad: 1 }),
      randomFlip({ vertical: 0.5 }),
      randomAffine({ degrees: 20, scale: [0.8, 1.2], translate: 0.1 }),
      colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3 }),
      cutout({ size: 2 }),
    ];
    for (const transform of transforms) {
      const given = batch();
      const changed = transform(given, stream());
      expect(changed.data).to.deep.equal(transform(given, stream()).data);
      expect(changed.data).not.to.deep.equal(given.data);
      expect(given.data).to.deep.equal(batch().data);
      expect(changed.labels).to.deep.equal(given.labels);
    }
  });

  it('go one after the other over a dataset, which knows the new shape', () => {
    const dataset = augmented(images(), [randomCrop({ size: [2, 3] }), randomFlip()], { stream: stream() });
    expect(dataset.sampleShape).to.deep.equal([2, 2, 3]);
    expect(dataset.gather([2, 0]).shape).to.deep.equal([2, 2, 2, 3]);
  });

  it('crop what lies in the image, and zeros around it', () => {
    const { data } = randomCrop({ size: 1 })(batch(), stream());
    data.forEach((value, map) => expect(value).to.be.within((map * 12 + 0.9) / 100, (map * 12 + 12.1) / 100));
    const padded = randomCrop({ pad: 10, size: [23, 24] })(batch(), stream());
    expect(padded.data.reduce((sum, value) => sum + value, 0)).to.be.closeTo(
      batch().data.reduce((sum, value) => sum + value, 0),
      1e-4,
    );
    expect(() => randomCrop({ size: 5 })(batch(), stream())).to.throw(ValueError, 'at most 3 by 4');
  });

  it('flip left and right, top and bottom', () => {
    const both = randomFlip({ horizontal: 1, vertical: 1 })(batch(), stream()).data.subarray(0, 12);
    expect([...both].reverse()).to.deep.equal([...batch().data.subarray(0, 12)]);
  });

  it('turn by a right angle exactly, and change nothing where nothing is asked', () => {
    expect(randomAffine()(batch(), stream()).data).to.deep.equal(batch().data);
    const square = { data: Float32Array.of(1, 2, 3, 4), shape: [1, 1, 2, 2] };
    const quarter = { uniform: (low: number) => (low === -90 ? 90 : low) } as unknown as RandomStream;
    const turned = randomAffine({ degrees: 90 })(square, quarter).data;
    expect(Array.from(turned, (value) => Math.round(value * 1e6) / 1e6)).to.deep.equal([3, 1, 4, 2]);
  });

  it('normalise each map with numbers that can be stored', () => {
    const statistics = JSON.parse(JSON.stringify(mapStatistics(images()))) as ReturnType<typeof mapStatistics>;
    const normal = augmented(images(), [normalizeMaps(statistics)]);
    const { mean, std } = mapStatistics(normal);
    for (const map of [0, 1]) {
      expect(mean[map]).to.be.closeTo(0, 1e-6);
      expect(std[map]).to.be.closeTo(1, 1e-5);
    }
    expect(() => normalizeMaps({ mean: [0], std: [1] })(batch(), stream())).to.throw(ShapeError, '2 of each');
    expect(() => normalizeMaps({ mean: [0], std: [0] })).to.throw(ValueError, 'above 0');
  });

  it('keep colours from 0 to 1, and grey as it is', () => {
    const bright = colorJitter({ brightness: 1 })(batch(), stream()).data;
    for (const value of bright) expect(value).to.be.within(0, 1);
    const grey = { data: new Float32Array(12).fill(0.5), shape: [1, 3, 2, 2] };
    const vivid = colorJitter({ saturation: 1, contrast: 1 })(grey, stream()).data;
    for (const value of vivid) expect(value).to.be.closeTo(0.5, 1e-6);
  });

  it('cover a square of every map', () => {
    const { data } = cutout({ size: 8, fill: 9 })(batch(), stream());
    expect(new Set(data)).to.deep.equal(new Set([9]));
  });

  it('mix images and labels in the same shares', () => {
    for (const mixing of [mixUp({ classes: 3, alpha: 0.4 }), cutMix({ classes: 3 })]) {
      const { target, targetShape, data } = mixing(batch(), new RandomStream(5));
      expect(targetShape).to.deep.equal([3, 3]);
      for (let row = 0; row < 3; row++) {
        expect(target.subarray(row * 3, row * 3 + 3).reduce((sum, share) => sum + share, 0)).to.be.closeTo(1, 1e-6);
      }
      expect(data).not.to.deep.equal(batch().data);
      expect(data.reduce((sum, value) => sum + value, 0)).to.be.closeTo(
        batch().data.reduce((sum, value) => sum + value, 0),
        1e-3,
      );
    }
    expect(() => mixUp({ classes: 2 })(batch(), stream())).to.throw(DataError, 'Label 2 names no class');
  });

  it('refuse what is not images', () => {
    const rows = { data: new Float32Array(4), shape: [2, 2] };
    expect(() => randomFlip()(rows, stream())).to.throw(ShapeError, 'randomFlip changes images');
  });
});
