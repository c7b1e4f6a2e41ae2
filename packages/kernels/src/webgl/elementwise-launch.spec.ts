import { backendName, onBackend } from '@tessera-nn/testing';
import { dispose, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { addKernel } from '../arithmetic/arithmetic.js';
import { runKernel } from '../kernel.js';
import { launcher } from './drawing/find-launcher.js';
import { sizeOf } from '../shapes.js';

/** Dense tensors, as kernels hand them to each other. */
function made(shape: readonly number[]): Tensor {
  const size = sizeOf(shape);
  const x = tensor(
    Float32Array.from({ length: size }, (_, i) => i),
    [...shape],
  );
  const y = runKernel(addKernel, { a: x, b: x }, {});
  x.dispose();
  return y;
}

/** How many draws the sum of the two takes. */
function launchesOf(a: readonly number[], b: readonly number[]): number {
  const given = [made(a), made(b)] as const;
  const before = launcher()!.launches;
  const y = runKernel(addKernel, { a: given[0], b: given[1] }, {});
  const launches = launcher()!.launches - before;
  dispose([...given, y]);
  return launches;
}

if (backendName === 'webgl') {
  describe('elementwise draws on WebGL', () => {
    onBackend();

    for (const [a, b] of [
      [[2, 3, 5, 8], [8]],
      [
        [2, 3, 5, 8],
        [2, 1, 1, 8],
      ],
      [
        [2, 3, 5, 8],
        [2, 3, 1, 1],
      ],
      [[2, 3, 5, 3], [3]],
      [[4, 7], []],
    ] as const) {
      it(`are one for [${a.join(', ')}] and [${b.join(', ')}]`, () => expect(launchesOf(a, b)).to.equal(1));
    }

    it('need no new program for another batch or size', () => {
      launchesOf([2, 4, 4, 8], [8]);
      const programs = launcher()!.programs;
      launchesOf([5, 4, 4, 8], [8]);
      launchesOf([3, 7, 6, 12], [12]);
      expect(launcher()!.programs).to.equal(programs);
    });
  });
}
