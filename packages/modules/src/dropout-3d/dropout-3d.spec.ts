import { seed, Variable } from '@tessera-nn/core';
import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Dropout3D } from './dropout-3d.js';

describe(`Dropout3D [${backendName}]`, () => {
  onBackend();

  it('drops whole maps, and is printed under its own name', async () => {
    seed(1);
    const y = await new Dropout3D(0.25)
      .forward(new Variable(new Float32Array(2400).fill(3), { shape: [20, 20, 1, 2, 3] }))
      .values();
    const firsts = y.filter((_, i) => i % 6 === 0);
    expectClose(
      y,
      Float64Array.from(y, (_, i) => firsts[Math.floor(i / 6)]!),
      'y',
    );
    expect(firsts.filter((value) => value === 0).length / 400).to.be.closeTo(0.25, 0.08);
    expect(String(new Dropout3D())).to.equal('Dropout3D(p=0.5)');
  });
});
