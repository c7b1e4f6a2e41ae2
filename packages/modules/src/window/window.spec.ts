import { windowsAlong } from '@tessera-nn/testing';
import { expect } from 'chai';
import { forEachWindow, pooledShape, type PoolGeometry } from './pool-geometry.js';
import type { Pad } from './pad.js';
import { briefPad, geometryOf, placesOf, shownExtent, windowOf, type Along } from './window.js';

describe('A window', () => {
  it('is the same for both axes where one number is given', () => {
    const [none, once] = [
      [0, 0],
      [1, 1],
    ];
    const both = { size: [3, 3], stride: [1, 2], pad: [none, none], dilation: once, ceilMode: false };
    expect(windowOf(2, { size: 3, stride: [1, 2], pad: 0 })).to.deep.equal(both);
  });

  it('prints a pair as one number where both are the same', () => {
    expect([shownExtent([2, 2]), shownExtent([2, 3])]).to.deep.equal(['2', '[2, 3]']);
  });

  it('has its padding in the shortest form', () => {
    const brief = (
      [
        2,
        [1, 2],
        [
          [1, 1],
          [2, 2],
        ],
        [
          [0, 1],
          [2, 2],
        ],
        'same',
        'valid',
      ] as Pad[]
    ).map((pad) => briefPad(windowOf(2, { size: 3, stride: 1, pad }).pad));
    expect(brief).to.deep.equal([
      2,
      [1, 2],
      [1, 2],
      [
        [0, 1],
        [2, 2],
      ],
      'same',
      0,
    ]);
  });
});

describe('A window over images', () => {
  const pads: Pad[] = [
    0,
    [1, 0],
    [
      [0, 1],
      [2, 1],
    ],
    'same',
  ];

  for (const pad of pads) {
    for (const ceilMode of [false, true]) {
      it(`has as many places as fit with the pad ${JSON.stringify(pad)}${ceilMode ? ', the last one too' : ''}`, () => {
        const window = windowOf(2, { size: [3, 2], stride: [2, 3], pad, dilation: [2, 1], ceilMode });
        for (let height = 1; height < 12; height++) {
          for (let width = 1; width < 12; width++) {
            const [rows, columns] = [windowsAlong(0, height, window), windowsAlong(1, width, window)];
            const found = placesOf([height, width], window);
            if (rows.starts.length === 0 || columns.starts.length === 0) expect(found).to.equal(undefined);
            else {
              const places = [rows.starts.length, columns.starts.length];
              expect(found!.map((along) => along.places)).to.deep.equal(places);
              expect(found!.map(({ before }) => before)).to.deep.equal([rows.before, columns.before]);
              const ends = found!.map(({ behind, beyond }) => behind - beyond);
              expect(ends).to.deep.equal([rows.end - height, columns.end - width]);
              const geometry = geometryOf(...(found as [Along, Along]));
              expect(pooledShape([1, height, width, 1], geometry).slice(1, 3)).to.deep.equal(places);
            }
          }
        }
      });
    }
  }

  it('visits the pixels of every window that lie inside the image, images and rows first', () => {
    const geometry: PoolGeometry = { size: [2, 3], strides: [1, 2], pads: [1, 1, 1, 1], dilations: [1, 1] };
    const visits: number[][] = [];
    forEachWindow([2, 2, 3, 5], geometry, (...visit) => visits.push(visit));
    const one = [
      [0, 1, 0, 2],
      [0, 1, 1, 3],
      [0, 2, 0, 2],
      [0, 2, 1, 3],
      [1, 2, 0, 2],
      [1, 2, 1, 3],
    ];
    expect(pooledShape([2, 2, 3, 5], geometry)).to.deep.equal([2, 3, 2, 5]);
    expect(visits).to.deep.equal([0, 1].flatMap((image) => one.map((box, i) => [image, image * 6 + i, ...box])));
  });
});
