import { expect } from 'chai';
import { didYouMean, ShapeError } from './errors.js';
import { imageShape, sameShape, shapeText, sizeOf } from './shapes.js';

describe('shapes', () => {
  it('are written as NumPy writes them, lists of shapes too', () => {
    expect(shapeText([])).to.equal('[]');
    expect(shapeText([2, 0, 3])).to.equal('[2, 0, 3]');
    expect(
      shapeText([
        [2, 3],
        [[4], []],
      ]),
    ).to.equal('[[2, 3], [[4], []]]');
  });

  it('are the same when rank and sizes are, and not when one is missing', () => {
    expect(sameShape([2, 3], [2, 3])).to.equal(true);
    expect(sameShape([], [])).to.equal(true);
    expect(sameShape([2, 3], [3, 2])).to.equal(false);
    expect(sameShape([2, 3], [2, 3, 1])).to.equal(false);
    expect(sameShape([2, 3, 1], [2, 3])).to.equal(false);
    expect(sameShape(undefined, [])).to.equal(false);
    expect(sameShape([], undefined)).to.equal(false);
  });

  it('hold as many elements as the product of their sizes: one without axes, none with an axis of 0', () => {
    expect(sizeOf([2, 3, 4])).to.equal(24);
    expect(sizeOf([])).to.equal(1);
    expect(sizeOf([2, 0, 4])).to.equal(0);
  });

  it('of images have four axes', () => {
    expect(imageShape([2, 3, 4, 5])).to.deep.equal([2, 3, 4, 5]);
    expect(() => imageShape([2, 3, 4])).to.throw(ShapeError, '[2, 3, 4]');
  });
});

describe('didYouMean', () => {
  it('asks for the nearest known name, and for none where none is near', () => {
    expect(didYouMean('strid', ['pad', 'stride'])).to.equal('Did you mean "stride"?');
    expect(didYouMean('dilation', ['pad', 'stride'])).to.equal(undefined);
  });
});
