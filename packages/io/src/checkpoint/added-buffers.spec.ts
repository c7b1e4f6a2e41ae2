import { Sequential } from '@tessera-nn/containers';
import { Variable } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { backendName, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { load } from './load.js';
import { save } from './save.js';

describe(`Buffers that setAttr put into modules [${backendName}]`, () => {
  onBackend();

  it('come back from a checkpoint, shared ones too', async () => {
    const net = new Sequential('net').extend([new Linear(2, 2), new Sequential([new Linear(2, 2)], 'sub')]);
    const note = new Variable(new Float32Array([0.5, -0]));
    net.setAttr('stamp', new Variable(new Int32Array([1, 2])));
    net
      .setAttr('0.note', note)
      .setAttr('sub.note', note)
      .setAttr('sub.0.flags', new Variable([true, false], { dtype: 'bool' }));
    const bytes = await save(net);
    const before = held().storages;
    const copy = await load(bytes);
    expect(held().storages - before).to.equal(7);
    expect(await copy.getAttr('stamp').values()).to.deep.equal(Int32Array.of(1, 2));
    expect(await copy.getAttr('sub.note').values()).to.deep.equal(Float32Array.of(0.5, -0));
    expect(copy.getAttr('sub.note')).to.equal(copy.getAttr('0.note'));
    expect(copy.getAttr('sub.0.flags').dtype).to.equal('bool');
    expect(await save(copy)).to.deep.equal(bytes);
  });
});
