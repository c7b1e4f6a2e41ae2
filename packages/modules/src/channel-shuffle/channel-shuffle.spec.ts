import { ShapeError } from '@tessera-nn/core';
import { moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { ChannelShuffle } from './channel-shuffle.js';

function reference(x: Nd, _: object, { groups }: ChannelShuffle): Nd {
  const [batch, maps, ...places] = x.shape as [number, number, ...number[]];
  const size = places.reduce((a, b) => a * b, 1);
  const each = maps / groups;
  const y = nd(x.shape);
  for (let n = 0; n < batch; n++)
    for (let map = 0; map < maps; map++)
      for (let i = 0; i < size; i++) {
        const to = (map % each) * groups + Math.floor(map / each);
        y.data[(n * maps + to) * size + i] = x.data[(n * maps + map) * size + i]!;
      }
  return y;
}

moduleSpec('ChannelShuffle', {
  classes: [ChannelShuffle],
  reference,
  specials: true,
  cases: [
    { title: 'two groups of images', make: () => new ChannelShuffle(2), shape: [2, 6, 2, 3] },
    { title: 'three groups of numbers', make: () => new ChannelShuffle(3), shape: [5, 6] },
  ],
  otherShape: [1, 4, 3, 3],
  refuses: [
    {
      title: 'groups that do not divide the maps',
      make: () => new ChannelShuffle({ groups: 4, name: 'shuffle' }),
      run: (module) => module.forward([[1, 2, 3]]),
      type: ShapeError,
      says: ['"shuffle"', '[1, 3]', '4 groups'],
    },
  ],
});
