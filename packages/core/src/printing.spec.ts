import { ShapeError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { formatArray } from './printing.js';

const lines = (...rows: string[]) => rows.join('\n');
const count = (length: number) => Array.from({ length }, (_, i) => i);

// The expected texts are what `str(array)` gave in NumPy 1.24.2.
describe('formatArray', () => {
  it('gives every float the same column, with a bare point behind whole numbers', () => {
    expect(formatArray([0.5, 0, 0.25], [3], 'float32')).to.equal('[0.5  0.   0.25]');
    expect(formatArray([0.25, 0.25, 0.25], [3], 'float32')).to.equal('[0.25 0.25 0.25]');
    expect(formatArray([1, -20, 3], [3], 'float32')).to.equal('[  1. -20.   3.]');
  });

  it('prints a PReLU example of 1x3x5x5 to the character', () => {
    const input = [
      2, -7, 6, -6, 5, -7, -5, -8, 1, -7, 4, -6, 3, -4, 8, 7, -1, 4, 2, 6, 7, -9, 8, -9, 8, 0, -6, -5, -8, 2, 8, -3, -7,
      -2, 3, 3, -9, -1, 6, 4, 4, 0, 6, -5, -2, -2, 8, -2, -4, -7, -3, -1, 8, 0, 6, 2, 3, -6, 1, 2, -7, -1, -8, 5, -5, 1,
      -6, 8, 6, -9, 4, 7, 0, -6, 7,
    ];
    const slopes = [0.5, 0, 0.25];
    const output = input.map((value, i) => (value > 0 ? value : value * slopes[Math.floor(i / 25)]!));
    expect(formatArray(output, [1, 3, 5, 5], 'float32')).to.equal(
      lines(
        '[[[[ 2.   -3.5   6.   -3.    5.  ]',
        '   [-3.5  -2.5  -4.    1.   -3.5 ]',
        '   [ 4.   -3.    3.   -2.    8.  ]',
        '   [ 7.   -0.5   4.    2.    6.  ]',
        '   [ 7.   -4.5   8.   -4.5   8.  ]]',
        '',
        '  [[ 0.   -0.   -0.   -0.    2.  ]',
        '   [ 8.   -0.   -0.   -0.    3.  ]',
        '   [ 3.   -0.   -0.    6.    4.  ]',
        '   [ 4.    0.    6.   -0.   -0.  ]',
        '   [-0.    8.   -0.   -0.   -0.  ]]',
        '',
        '  [[-0.75 -0.25  8.    0.    6.  ]',
        '   [ 2.    3.   -1.5   1.    2.  ]',
        '   [-1.75 -0.25 -2.    5.   -1.25]',
        '   [ 1.   -1.5   8.    6.   -2.25]',
        '   [ 4.    7.    0.   -1.5   7.  ]]]]',
      ),
    );
  });

  it('shows the fewest digits that tell a float32 from its neighbours', () => {
    expect(formatArray([0.1, 0.2, 0.3], [3], 'float32')).to.equal('[0.1 0.2 0.3]');
    expect(formatArray([0.3333333333333333, 0.6666666666666666], [2], 'float32')).to.equal('[0.33333334 0.6666667 ]');
    expect(formatArray([16777216, 33554432, 99999992], [3], 'float32')).to.equal('[16777216. 33554432. 99999992.]');
  });

  it('rounds at the last decimal allowed, ties to the even digit', () => {
    expect(formatArray([0.001953125, 0.005859375], [2], 'float32')).to.equal('[0.00195312 0.00585938]');
    expect(formatArray([0.00012345678, 0.1], [2], 'float32')).to.equal('[0.00012346 0.1       ]');
    expect(formatArray([0.125, 0.375, 2.5], [3], 'float32', { precision: 2 })).to.equal('[0.12 0.38 2.5 ]');
  });

  it('keeps the sign of minus zero', () => {
    expect(formatArray([-0, 0, 1], [3], 'float32')).to.equal('[-0.  0.  1.]');
    expect(formatArray([-0], [1], 'float32')).to.equal('[-0.]');
  });

  it('takes exponents from 1e8 on', () => {
    expect(formatArray([99999992], [1], 'float32')).to.equal('[99999992.]');
    expect(formatArray([100000000], [1], 'float32')).to.equal('[1.e+08]');
    expect(formatArray([100000000, -1.5, 0], [3], 'float32')).to.equal('[ 1.0e+08 -1.5e+00  0.0e+00]');
  });

  it('takes exponents below 1e-4, where the float32 next to 1e-4 lies', () => {
    expect(formatArray([0.00010000001], [1], 'float32')).to.equal('[0.0001]');
    expect(formatArray([0.0001], [1], 'float32')).to.equal('[1.e-04]');
    expect(formatArray([3e-5, 0.0012], [2], 'float32')).to.equal('[3.0e-05 1.2e-03]');
  });

  it('takes exponents when the largest magnitude is over 1000 times the smallest', () => {
    expect(formatArray([1, 1000], [2], 'float32')).to.equal('[   1. 1000.]');
    expect(formatArray([1, 1001], [2], 'float32')).to.equal('[1.000e+00 1.001e+03]');
  });

  it('fills exponential fractions with true digits, not with zeros', () => {
    expect(formatArray([0.1, 1.2345678e-5, 123456.79], [3], 'float32')).to.equal(
      '[1.0000000e-01 1.2345678e-05 1.2345679e+05]',
    );
    expect(formatArray([1e-45, 3.4028235e38], [2], 'float32')).to.equal('[1.4012985e-45 3.4028235e+38]');
  });

  it('takes the wider gap above a power of two for digits the nearest decimal would not allow', () => {
    expect(formatArray([2 ** -96], [1], 'float32')).to.equal('[1.2621775e-29]');
    expect(formatArray([2 ** 87], [1], 'float32')).to.equal('[1.5474251e+26]');
  });

  it('writes nan and inf in the columns of the finite values', () => {
    expect(formatArray([NaN, 1, -2.5], [3], 'float32')).to.equal('[ nan  1.  -2.5]');
    expect(formatArray([Infinity, -Infinity, 0.125], [3], 'float32')).to.equal('[  inf  -inf 0.125]');
    expect(formatArray([1e-10, NaN, -Infinity], [3], 'float32')).to.equal('[1.e-10    nan   -inf]');
  });

  it('is as wide as the words nan and inf when nothing is finite', () => {
    expect(formatArray([NaN, Infinity], [2], 'float32')).to.equal('[nan inf]');
    expect(formatArray([NaN, -Infinity], [2], 'float32')).to.equal('[ nan -inf]');
  });

  it('right-aligns integers', () => {
    expect(formatArray([1, -20, 300], [3], 'int32')).to.equal('[  1 -20 300]');
    expect(formatArray([-2147483648, 0, 7, 2147483647], [2, 2], 'int32')).to.equal(
      lines('[[-2147483648           0]', ' [          7  2147483647]]'),
    );
  });

  it('aligns booleans, also where none is false', () => {
    expect(formatArray([1, 0, 1], [3], 'bool')).to.equal('[ True False  True]');
    expect(formatArray([1, 1], [2], 'bool')).to.equal('[ True  True]');
  });

  it('prints a 0-d float as a bare number with all its digits', () => {
    expect(formatArray([5], [], 'float32')).to.equal('5.0');
    expect(formatArray([-0], [], 'float32')).to.equal('-0.0');
    expect(formatArray([0.3333333333333333], [], 'float32', { precision: 2 })).to.equal('0.33333334');
    expect(formatArray([1e-5], [], 'float32')).to.equal('1e-05');
    expect(formatArray([1.5e16], [], 'float32')).to.equal('1.5e+16');
    expect(formatArray([99999992], [], 'float32')).to.equal('99999990.0');
    expect(formatArray([NaN], [], 'float32')).to.equal('nan');
    expect(formatArray([-Infinity], [], 'float32')).to.equal('-inf');
  });

  it('prints a 0-d integer and a 0-d boolean as a bare word', () => {
    expect(formatArray([-7], [], 'int32')).to.equal('-7');
    expect(formatArray([1], [], 'bool')).to.equal('True');
    expect(formatArray([0], [], 'bool')).to.equal('False');
  });

  it('prints every empty array as a pair of brackets', () => {
    expect(formatArray([], [0], 'float32')).to.equal('[]');
    expect(formatArray([], [0, 3], 'float32')).to.equal('[]');
    expect(formatArray([], [2, 0], 'float32')).to.equal('[]');
  });

  it('wraps rows to lines of 75 characters', () => {
    expect(formatArray(count(30), [30], 'float32')).to.equal(
      lines(
        '[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.',
        ' 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]',
      ),
    );
  });

  it('wraps rows to the width asked for, without spaces at the ends of lines', () => {
    const sevenths = count(24).map((i) => i / 7);
    expect(formatArray(sevenths, [24], 'float32', { lineWidth: 40 })).to.equal(
      lines(
        '[0.         0.14285715 0.2857143',
        ' 0.42857143 0.5714286  0.71428573',
        ' 0.85714287 1.         1.1428572',
        ' 1.2857143  1.4285715  1.5714285',
        ' 1.7142857  1.8571428  2.',
        ' 2.142857   2.2857144  2.4285715',
        ' 2.5714285  2.7142856  2.857143',
        ' 3.         3.142857   3.2857144 ]',
      ),
    );
  });

  it('leaves room for the closing brackets when it wraps nested rows', () => {
    expect(formatArray(count(48), [2, 2, 12], 'float32', { lineWidth: 30 })).to.equal(
      lines(
        '[[[ 0.  1.  2.  3.  4.  5.',
        '    6.  7.  8.  9. 10. 11.]',
        '  [12. 13. 14. 15. 16. 17.',
        '   18. 19. 20. 21. 22. 23.]]',
        '',
        ' [[24. 25. 26. 27. 28. 29.',
        '   30. 31. 32. 33. 34. 35.]',
        '  [36. 37. 38. 39. 40. 41.',
        '   42. 43. 44. 45. 46. 47.]]]',
      ),
    );
  });

  it('summarises more than 1000 elements by three from either end', () => {
    expect(formatArray(count(1001), [1001], 'float32')).to.equal('[   0.    1.    2. ...  998.  999. 1000.]');
    expect(formatArray(count(1000), [1000], 'int32', { edgeItems: 1, threshold: 999 })).to.equal('[  0 ... 999]');
    expect(formatArray(count(2000), [2, 1000], 'float32')).to.equal(
      lines(
        '[[0.000e+00 1.000e+00 2.000e+00 ... 9.970e+02 9.980e+02 9.990e+02]',
        ' [1.000e+03 1.001e+03 1.002e+03 ... 1.997e+03 1.998e+03 1.999e+03]]',
      ),
    );
  });

  it('cuts only the axes that are long enough', () => {
    expect(formatArray(count(3000), [1000, 3], 'int32')).to.equal(
      lines(
        '[[   0    1    2]',
        ' [   3    4    5]',
        ' [   6    7    8]',
        ' ...',
        ' [2991 2992 2993]',
        ' [2994 2995 2996]',
        ' [2997 2998 2999]]',
      ),
    );
    expect(formatArray(count(48), [3, 4, 4], 'int32', { threshold: 10, edgeItems: 1 })).to.equal(
      lines('[[[ 0 ...  3]', '  ...', '  [12 ... 15]]', '', ' ...', '', ' [[32 ... 35]', '  ...', '  [44 ... 47]]]'),
    );
  });

  it('leaves hidden elements out of the choice of notation', () => {
    expect(formatArray([0, 1, 1e9, 1e-9, 2, 3], [6], 'float32', { threshold: 5, edgeItems: 2 })).to.equal(
      '[0. 1. ... 2. 3.]',
    );
  });

  it('puts a blank line between matrices and one more between their blocks', () => {
    expect(formatArray(count(16), [2, 2, 2, 2], 'int32')).to.equal(
      lines(
        '[[[[ 0  1]',
        '   [ 2  3]]',
        '',
        '  [[ 4  5]',
        '   [ 6  7]]]',
        '',
        '',
        ' [[[ 8  9]',
        '   [10 11]]',
        '',
        '  [[12 13]',
        '   [14 15]]]]',
      ),
    );
  });

  it('rounds numbers to float32 before it prints them', () => {
    expect(formatArray([0.1 + 1e-12], [1], 'float32')).to.equal('[0.1]');
  });

  it('refuses a shape that does not hold the values', () => {
    expect(() => formatArray([1, 2, 3], [2, 2], 'float32')).to.throw(ShapeError, '4 values for shape [2, 2]');
  });
});
