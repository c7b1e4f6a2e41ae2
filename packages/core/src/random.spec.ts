import { ValueError } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { hash32, randomStream, RandomStream, seed } from './random.js';

const integers = (stream: RandomStream, count = 8) => Array.from({ length: count }, () => stream.uint32());

/** Pearson's statistic against equal shares; its mean is bins - 1 and its deviation sqrt(2 (bins - 1)). */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((total, count) => total + count, 0) / counts.length;
  return counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
}

/** Six deviations above the mean, which no fair stream reaches with a fixed seed. */
const limit = (bins: number) => bins - 1 + 6 * Math.sqrt(2 * (bins - 1));

describe('RandomStream', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    expect(integers(new RandomStream(7))).to.deep.equal(integers(new RandomStream(7)));
    const firsts = [0, 1, 2, 7, -1, 2 ** 31].map((value) => new RandomStream(value).uint32());
    expect(new Set(firsts).size).to.equal(firsts.length);
  });

  it('never changes the numbers of a seed: models and samples depend on them', () => {
    // Computed apart, in Python, from the constants of lowbias32.
    expect(integers(new RandomStream(0), 3)).to.deep.equal([2926543089, 3818772927, 1864879796]);
    expect(integers(new RandomStream(1), 3)).to.deep.equal([587614100, 841256496, 1588030095]);
    expect(new RandomStream(21).split('ab').uint32()).to.equal(2060157968);
  });

  it('takes whole numbers only for a seed', () => {
    expect(() => new RandomStream(0.5)).to.throw(ValueError, 'A seed must be a whole number. Received 0.5.');
    expect(() => seed(NaN)).to.throw(ValueError, 'NaN');
  });

  it('draws from [0, 1) evenly, in steps that float32 holds exactly', () => {
    const stream = new RandomStream(11);
    const counts = new Array<number>(64).fill(0);
    const unfit: number[] = [];
    for (let i = 0; i < 64_000; i++) {
      const value = stream.uniform();
      if (!(value >= 0 && value < 1 && Math.fround(value) === value)) unfit.push(value);
      counts[Math.floor(value * 64)]!++;
    }
    expect(unfit).to.deep.equal([]);
    expect(chiSquared(counts)).to.be.lessThan(limit(64));
  });

  it('draws from other ranges, low included and high not', () => {
    const stream = new RandomStream(12);
    for (let i = 0; i < 1000; i++) expect(stream.uniform(-3, -1)).to.be.within(-3, -1 - 2 ** -23);
  });

  it('draws integers evenly below a bound', () => {
    const stream = new RandomStream(13);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[stream.integer(10)]!++;
    expect(chiSquared(counts)).to.be.lessThan(limit(10));
  });

  it('draws neighbours that know nothing of each other', () => {
    const stream = new RandomStream(14);
    const counts = new Array<number>(64).fill(0);
    let last = stream.integer(8);
    for (let i = 0; i < 64_000; i++) {
      const next = stream.integer(8);
      counts[last * 8 + next]!++;
      last = next;
    }
    expect(chiSquared(counts)).to.be.lessThan(limit(64));
  });

  it('draws normal numbers of the mean and deviation asked for', () => {
    const stream = new RandomStream(15);
    const values = Array.from({ length: 50_000 }, () => stream.normal(3, 2));
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
    // Five times the error of the mean, 2 / sqrt(50000), and of the deviation, 2 / sqrt(100000).
    expect(mean).to.be.within(3 - 0.045, 3 + 0.045);
    expect(deviation).to.be.within(2 - 0.032, 2 + 0.032);
    const beyond = values.filter((value) => Math.abs(value - 3) > 2 * 2).length / values.length;
    expect(beyond).to.be.within(0.0455 - 0.005, 0.0455 + 0.005); // 4.55 percent lie beyond two deviations
  });

  it('puts every number at every place of a permutation equally often', () => {
    const stream = new RandomStream(16);
    const size = 6;
    const counts = Array.from({ length: size * size }, () => 0);
    for (let i = 0; i < 6_000; i++) {
      const order = stream.permutation(size);
      if (i < 20) expect([...order].sort()).to.deep.equal([0, 1, 2, 3, 4, 5]);
      order.forEach((number, place) => counts[place * size + number]!++);
    }
    expect(chiSquared(counts)).to.be.lessThan(limit(size * size));
    expect(stream.permutation(0)).to.have.length(0);
    expect([...stream.permutation(1)]).to.deep.equal([0]);
  });

  it('reserves the numbers it would have given next, for use elsewhere', () => {
    const [stream, twin] = [new RandomStream(17), new RandomStream(17)];
    integers(stream, 3);
    integers(twin, 3);
    const { key, counter } = stream.reserve(5);
    expect(Array.from({ length: 5 }, (_, i) => hash32(key, counter + i))).to.deep.equal(integers(twin, 5));
    expect(stream.uint32()).to.equal(twin.uint32());
  });
});

describe('RandomStream.split', () => {
  const stream = () => new RandomStream(21);

  it('gives a stream by label, whatever was drawn before', () => {
    const used = stream();
    integers(used, 100);
    expect(integers(used.split('dropout'))).to.deep.equal(integers(stream().split('dropout')));
  });

  it('draws nothing from the stream it splits', () => {
    const [split, twin] = [stream(), stream()];
    split.split('a');
    expect(integers(split)).to.deep.equal(integers(twin));
  });

  it('gives another stream for every label and seed, the empty label included', () => {
    const labels = ['', 'a', 'b', 'ab', 'ba', 'a\0', 'ä', '😀'];
    const streams = [stream(), ...labels.map((label) => stream().split(label)), new RandomStream(22).split('a')];
    streams.push(stream().split('a').split('b'), stream().split('').split(''));
    const firsts = streams.map((one) => integers(one, 2).join());
    expect(new Set(firsts).size).to.equal(firsts.length);
  });

  it('gives streams that know nothing of each other', () => {
    const [one, two] = [stream().split('layer1'), stream().split('layer2')];
    const counts = new Array<number>(64).fill(0);
    for (let i = 0; i < 64_000; i++) counts[one.integer(8) * 8 + two.integer(8)]!++;
    expect(chiSquared(counts)).to.be.lessThan(limit(64));
  });
});

describe('RandomStream.state', () => {
  it('is plain data that brings a stream, or another one, back to the same place', () => {
    const stream = new RandomStream(31);
    integers(stream, 5);
    const state = JSON.parse(JSON.stringify(stream.state)) as RandomStream['state'];
    const expected = integers(stream);
    stream.state = state;
    expect(integers(stream)).to.deep.equal(expected);
    const other = new RandomStream(99);
    other.normal();
    other.state = state;
    expect(integers(other)).to.deep.equal(expected);
  });

  it('remembers the half of a pair that normal() still owes', () => {
    const stream = new RandomStream(32);
    stream.normal();
    const state = JSON.parse(JSON.stringify(stream.state)) as RandomStream['state'];
    const expected = Array.from({ length: 5 }, () => stream.normal());
    const other = new RandomStream(99);
    other.state = state;
    expect(Array.from({ length: 5 }, () => other.normal())).to.deep.equal(expected);
  });

  it('forgets a half pair when it is set to where none was owed', () => {
    const stream = new RandomStream(33);
    const start = stream.state;
    const expected = stream.normal();
    stream.state = start;
    expect(stream.normal()).to.equal(expected);
  });

  it('does not move with the stream', () => {
    const stream = new RandomStream(34);
    const before = stream.state;
    stream.normal();
    expect(before).to.deep.equal({ key: before.key, counter: 0 });
  });
});

describe('seed', () => {
  it('starts the shared stream anew', () => {
    seed(5);
    expect(integers(randomStream())).to.deep.equal(integers(new RandomStream(5)));
    const numbers = integers(randomStream());
    seed(5);
    integers(randomStream());
    expect(integers(randomStream())).to.deep.equal(numbers);
  });
});
