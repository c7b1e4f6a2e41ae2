import { ValueError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { RandomStream, seed } from '../random.js';
import { fansOf, initialise, type InitOptions, type InitScheme, type InitSchemeName } from './scheme.js';

const SHAPE = [200, 300]; // fan in 200, out 300, mean 250
const COUNT = 60_000;

const draw = (options: InitOptions, shape = SHAPE) => initialise(shape, { random: new RandomStream(7), ...options });

function moments(values: Float32Array) {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const central = (power: number) =>
    values.reduce((total, value) => total + (value - mean) ** power, 0) / values.length;
  return { mean, deviation: Math.sqrt(central(2)), kurtosis: central(4) / central(2) ** 2 };
}

/**
 * The mean of n numbers strays by deviation / sqrt(n), their deviation by about deviation / sqrt(2 n). Five times that
 * passes for all but one seed in a million, and the seed is fixed.
 */
function expectSpread(values: Float32Array, deviation: number, kurtosis: number): void {
  const found = moments(values);
  expect(Math.abs(found.mean)).to.be.lessThan((5 * deviation) / Math.sqrt(COUNT));
  expect(Math.abs(found.deviation / deviation - 1)).to.be.lessThan(5 / Math.sqrt(2 * COUNT));
  // 1.8 for a uniform distribution, 3 for a normal one; the estimate strays by sqrt(24 / n), 0.02 here.
  expect(found.kurtosis).to.be.within(kurtosis - 0.1, kurtosis + 0.1);
}

const normals: [InitScheme, number][] = [
  ['xavier_normal', Math.sqrt(1 / 200)],
  ['xavier', Math.sqrt(1 / 200)],
  ['he', Math.sqrt(2 / 200)],
  [['he', 'in'], Math.sqrt(2 / 200)],
  [['he', 'out'], Math.sqrt(2 / 300)],
  [['he', 'avg'], Math.sqrt(2 / 250)],
  [['xavier', 'avg'], Math.sqrt(1 / 250)],
];
const uniforms: [InitScheme, number][] = [
  ['xavier_uniform', Math.sqrt(3 / 200)],
  [undefined, Math.sqrt(3 / 200)],
  [null, Math.sqrt(3 / 200)],
  [['xavier_uniform', 'out'], Math.sqrt(3 / 300)],
  [['xavier_uniform', 'avg'], Math.sqrt(3 / 250)],
];

describe('initialise', () => {
  for (const [scheme, deviation] of normals) {
    it(`draws ${JSON.stringify(scheme)} from a normal distribution of deviation ${deviation.toFixed(4)}`, () => {
      expectSpread(draw({ scheme }), deviation, 3);
    });
  }

  for (const [scheme, bound] of uniforms) {
    it(`draws ${JSON.stringify(scheme) ?? 'what is not named'} evenly between -${bound.toFixed(4)} and ${bound.toFixed(4)}`, () => {
      const values = draw({ scheme });
      expectSpread(values, bound / Math.sqrt(3), 1.8);
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest).to.be.within(bound * 0.999, Math.fround(bound));
    });
  }

  it('spreads gaussian and uniform by wscale, whatever the shape', () => {
    for (const shape of [SHAPE, [COUNT], [3, 4, 50, 100]]) {
      expectSpread(draw({ scheme: 'gaussian', wscale: 0.05 }, shape), 0.05, 3);
      expectSpread(draw({ scheme: 'uniform', wscale: 0.05 }, shape), 0.05 / Math.sqrt(3), 1.8);
    }
    expectSpread(draw({ scheme: 'gaussian' }), 1, 3);
    expect(draw({ scheme: 'uniform', wscale: 0.05 }).every((value) => Math.abs(value) <= 0.05)).to.equal(true);
  });

  it('fills with zeros where weights are loaded anyway', () => {
    expect(draw({ scheme: 'none' }, [2, 3])).to.deep.equal(new Float32Array(6));
  });

  it('counts fans by the shape: vectors both ways, matrices as [in, out], windows as [out, in, ...]', () => {
    expect(fansOf([7])).to.deep.equal({ in: 7, out: 7 });
    expect(fansOf([7, 5])).to.deep.equal({ in: 7, out: 5 });
    expect(fansOf([8, 3, 5])).to.deep.equal({ in: 15, out: 40 });
    expect(fansOf([8, 3, 5, 5])).to.deep.equal({ in: 75, out: 200 });
    expect(fansOf([])).to.deep.equal({ in: 1, out: 1 });
  });

  it('scales a window by its fan, or by fans that are given', () => {
    expectSpread(draw({ scheme: 'he' }, [60, 10, 10, 10]), Math.sqrt(2 / 1000), 3);
    const given = initialise(SHAPE, { scheme: 'he', random: new RandomStream(7) }, { in: 2, out: 50 });
    expectSpread(given, 1, 3);
  });

  it('gives the same numbers for the same seed, and draws from the shared stream where none is given', () => {
    seed(3);
    const first = initialise([4]);
    const second = initialise([4]);
    expect(second).not.to.deep.equal(first);
    seed(3);
    expect(initialise([4])).to.deep.equal(first);
    expect(initialise([4], { random: new RandomStream(3) })).to.deep.equal(first);
  });

  it('refuses unknown schemes and factors, with the nearest', () => {
    const scheme = (name: string) => () => draw({ scheme: name as InitSchemeName });
    expect(scheme('xavier_unifrom')).to.throw(ValueError, /"xavier_unifrom".*Did you mean "xavier_uniform"\?/);
    expect(scheme('toString')).to.throw(ValueError, 'Unknown initialisation scheme "toString"');
    const pair = (...entries: string[]) => draw({ scheme: entries as unknown as [InitSchemeName, 'in'] });
    expect(() => pair('he', 'inn')).to.throw(ValueError, /factor "inn".*one of in, out, avg.*Did you mean "in"\?/);
    expect(() => pair('he')).to.throw(ValueError, 'two entries, received ["he"]'.replace(', r', '. R'));
    expect(() => pair('he', 'in', 'out')).to.throw(ValueError, 'A scheme with a factor has two entries');
  });
});
