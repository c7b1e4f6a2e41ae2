import { expect } from 'chai';
import { imageOf } from './drawing.js';

const at = (image: Float32Array, x: number, y: number) => image[28 * y + x]!;

/** Columns and rows that hold ink: [left, right, top, bottom]. */
function extentOf(image: Float32Array): number[] {
  const inked = Array.from(image.keys()).filter((i) => image[i]! > 0.5);
  const [columns, rows] = [inked.map((i) => i % 28), inked.map((i) => Math.floor(i / 28))];
  return [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
}

describe('A drawing', () => {
  const seven = [
    [
      { x: 0.1, y: 0.1 },
      { x: 0.3, y: 0.1 },
      { x: 0.2, y: 0.5 },
    ],
  ];

  it('is scaled to 20 pixels and put into the middle, wherever and however small it was drawn', () => {
    const [left, right, top, bottom] = extentOf(imageOf(seven));
    expect([top, bottom]).to.deep.equal([4, 23]);
    expect(left! + right!).to.equal(27);

    const elsewhere = [seven[0]!.map(({ x, y }) => ({ x: 0.5 + x / 4, y: 0.7 + y / 4 }))];
    imageOf(elsewhere).forEach((value, i) => expect(value).to.be.closeTo(imageOf(seven)[i]!, 1e-5));
  });

  it('has ink from 0 to 1 along its lines, and none away from them', () => {
    const image = imageOf(seven);
    expect(image.every((value) => value >= 0 && value <= 1)).to.equal(true);
    expect(at(image, 14, 5)).to.equal(1);
    expect(at(image, 0, 0)).to.equal(0);
    expect(at(image, 14, 27)).to.equal(0);
  });

  it('may be a single dot', () => {
    const image = imageOf([[{ x: 0.9, y: 0.2 }]]);
    expect(extentOf(image)).to.deep.equal([13, 14, 13, 14]);
  });

  it('without a line is blank', () => {
    expect(imageOf([]).every((value) => value === 0)).to.equal(true);
  });
});
