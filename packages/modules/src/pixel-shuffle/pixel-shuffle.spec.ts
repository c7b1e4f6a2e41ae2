import { ShapeError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { goldenSpec, moduleSpec, nd, offset, type Nd } from '@tessera-nn/testing';
import { goldens } from './pixel-shuffle.golden.js';
import { PixelShuffle } from './pixel-shuffle.js';

function reference(x: Nd, _: unknown, { scale }: PixelShuffle): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const y = nd([batch, maps / scale ** 2, height * scale, width * scale]);
  x.data.forEach((value, at) => {
    const [column, row] = [at % width, Math.floor(at / width) % height];
    const map = Math.floor(at / width / height) % maps;
    const [c, k, l] = [Math.floor(map / scale ** 2), Math.floor(map / scale) % scale, map % scale];
    const image = Math.floor(at / width / height / maps);
    y.data[offset(y.shape, image, c, row * scale + k, column * scale + l)] = value;
  });
  return y;
}

moduleSpec('PixelShuffle', {
  classes: [PixelShuffle],
  reference,
  specials: true,
  cases: [
    { title: 'four maps to one', make: () => new PixelShuffle(2), shape: [2, 8, 2, 3] },
    { title: 'nine maps to one', make: () => new PixelShuffle({ scale: 3 }), shape: [1, 9, 1, 2] },
  ],
  otherShape: [1, 4, 3, 2],
  refuses: [
    {
      title: 'maps that make up no squares',
      make: () => new PixelShuffle({ scale: 2, name: 'up' }),
      run: (module) => module.forward(new Variable(new Float32Array(6), { shape: [1, 6, 1, 1] })),
      type: ShapeError,
      says: ['PixelShuffle "up"', '[1, 6, 1, 1] has 6 maps', 'a multiple of 4 maps'],
    },
  ],
});

goldenSpec('PixelShuffle', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ upscale_factor: scale }: { upscale_factor: number }) => new PixelShuffle({ scale }),
});
