import { RandomStream, randomStream, seed, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose } from '@tessera-nn/testing';
import { expect } from 'chai';
import { normalLike, uniformLike } from './index.js';

describeBodies('Numbers from the random stream', () => {
  beforeEach(() => seed(1));
  const like = (...shape: number[]) => new Variable(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });

  it('are those that the stream would have given one by one, in any shape', async () => {
    for (const shape of [[6], [2, 3, 5], []]) {
      const x = like(...shape);
      const expected = new RandomStream(7);
      const drawn = [...(await uniformLike(x, new RandomStream(7)).values())];
      expect(drawn).to.deep.equal(drawn.map(() => expected.uniform()));
      expect(uniformLike(x, null).shape).to.deep.equal(shape);
    }
  });

  it('go on where the stream stands, past the end of its counter too', async () => {
    const stream = new RandomStream(7);
    stream.state = { key: 5, counter: 2 ** 32 - 2 };
    const expected = new RandomStream(7);
    expected.state = stream.state;
    expectClose(
      await uniformLike(like(4), stream).values(),
      Array.from({ length: 4 }, () => expected.uniform()),
      'u',
    );
    expect(stream.state).to.deep.equal(expected.state);
  });

  it('come from the shared stream, two for each that is normally distributed', () => {
    const before = randomStream().state.counter;
    normalLike(like(5), null);
    expect(randomStream().state.counter).to.equal(before + 10);
  });
});
