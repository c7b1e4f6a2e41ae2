import { scope, Variable, type Data } from '@tessera-nn/core';
import { onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Identity } from '../identity/identity.js';
import { Replicate } from '../replicate/replicate.js';
import { ToList } from '../to-list/to-list.js';

describe('Modules that hand on what they are given', () => {
  onBackend();

  it('take whole numbers and booleans, single and in lists, and share their memory', () => {
    scope(() => {
      const parts = (['float32', 'int32', 'bool'] as const).map((dtype) => new Variable([1, 0], { dtype }));
      for (const module of [new Identity<Data>(), new Replicate<Data>(1), new ToList()]) {
        expect([module.takes, module.movesData]).to.deep.equal(['any', true]);
        const given = [module.forward(parts)].flat(2) as Variable[];
        expect(given.map(({ dtype }) => dtype)).to.deep.equal(['float32', 'int32', 'bool']);
        for (const [i, { storage }] of given.entries()) expect(storage).to.equal(parts[i]!.storage);
      }
    });
  });
});
