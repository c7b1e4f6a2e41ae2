import { seed, ValueError, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose, map, moduleSpec, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { RReLU, RRelu } from './rrelu.js';

const leaky = (slope: number) => (value: number) => (value > 0 ? value : slope * value);

moduleSpec('RRelu without chance', {
  classes: [RRelu],
  reference: (x, _, { lower, upper }) => map(x, leaky((lower + upper) / 2)),
  kinks: [0],
  specials: true,
  gradient: (x, g, _, { lower, upper }) => map(g, (of, i) => (x.data[i]! > 0 ? of : ((lower + upper) / 2) * of)),
  cases: [
    { title: 'one slope', make: () => new RRelu(0.25, 0.25), shape: [2, 3, 4, 2] },
    { title: 'eval mode', make: () => new RRelu().evalMode(), shape: [5, 5] },
  ],
  otherShape: [3, 4],
  refuses: [
    {
      title: 'a least slope above the largest',
      make: () => new RRelu({ lower: 1, upper: 0.5, name: 'act' }),
      type: ValueError,
      says: ['RRelu "act"', 'lower <= upper', '1 and 0.5'],
    },
  ],
});

describeBodies('The slopes that RRelu draws', () => {
  beforeEach(() => seed(1));

  it('lie between the bounds, are uniform there, and are those of the gradient', async () => {
    const values = map(randomNd([2000], 2), (value) => value || 1);
    const x = new Variable(values.data, { requiresGrad: true });
    const y = new RReLU().forward(x);
    y.sum().backward();
    const slopes = Float64Array.from(await y.values()).map((value, i) => value / values.data[i]!);
    expectClose(await x.grad!.data(), slopes, 'dx');
    const drawn = slopes.filter((_, i) => values.data[i]! < 0);
    expect(Math.min(...drawn)).to.be.within(1 / 8, 0.127);
    expect(Math.max(...drawn)).to.be.within(0.331, 1 / 3);
    expect(drawn.reduce((sum, slope) => sum + slope) / drawn.length).to.be.closeTo((1 / 8 + 1 / 3) / 2, 0.006);
    expect(slopes.filter((_, i) => values.data[i]! > 0).every((slope) => slope === 1)).to.equal(true);
  });

  it('are the same for the same seed, on every backend', async () => {
    const drawn = async () => [...(await new RRelu({ lower: 0, upper: 1 }).forward([-1, -1, -1]).values())];
    const first = await drawn();
    expect(await drawn()).to.not.deep.equal(first);
    seed(1);
    expect(await drawn()).to.deep.equal(first);
    expect(first.map((value) => value.toFixed(4))).to.deep.equal(['-0.1368', '-0.1959', '-0.3697']);
  });

  it('print where they are others', () =>
    expect([new RRelu(), new RRelu(0, 0.5)].map(String)).to.deep.equal(['RRelu()', 'RRelu(lower=0, upper=0.5)']));
});
