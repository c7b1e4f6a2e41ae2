import { backendName, onBackend } from '@tessera-nn/testing';
import { Sequential } from '@tessera-nn/containers';
import { ModuleError, seed, Variable, type AnyModule } from '@tessera-nn/core';
import { BatchNorm2D, Conv2D, Flatten, Linear } from '@tessera-nn/modules';
import { expect } from 'chai';
import { everyName } from '../network/names.js';
import { readSafetensors } from '../safetensors/safetensors.js';
import { load } from './load.js';
import { save } from './save.js';

const make = () =>
  new Sequential('net').extend([
    new Conv2D(1, 8, 3),
    new BatchNorm2D(8),
    new Flatten(),
    new Linear({ insize: 8 * 36, outsize: 10, name: 'head' }),
  ]);

async function valuesOf(net: AnyModule): Promise<Map<string, ArrayLike<number>>> {
  return new Map(await Promise.all([...everyName(net)].map(async ([name, of]) => [name, await of.values()] as const)));
}

describe(`Checkpoints of half precision [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(3));

  for (const [dtype, digits] of [
    ['float16', 11],
    ['bfloat16', 8],
  ] as const) {
    it(`in ${dtype} are half as large, and keep ${digits} binary digits of each float and all of whole numbers`, async () => {
      const net = make();
      const [whole, half] = [await save(net), await save(net, undefined, { dtype })];
      expect(half.length).to.be.lessThan(whole.length * 0.6);
      expect(readSafetensors(half).tensors.get('0.W')!.dtype).to.equal(dtype);
      expect(readSafetensors(half).tensors.get('1.numOfProps')!.dtype).to.equal('int32');
      const copy = await load(half);
      const [before, after] = [await valuesOf(net), await valuesOf(copy)];
      expect([...after.keys()]).to.deep.equal([...before.keys()]);
      let lost = 0;
      for (const [name, values] of before) {
        Array.from(values).forEach((value, i) => {
          const error = Math.abs(after.get(name)![i]! - value);
          expect(error, `${name} ${i}`).to.be.at.most(Math.max(Math.abs(value) * 2 ** -digits, 2 ** -25));
          lost += error;
        });
      }
      expect(lost).to.be.greaterThan(0);
      expect(await save(copy, undefined, { dtype })).to.deep.equal(half);
    });
  }

  it('are refused where a weight does not fit float16, unless infinities are allowed', async () => {
    const net = make();
    const bias = net.getVar('head.b');
    bias.set(new Variable([70000, ...new Array<number>(9).fill(0)]));
    const error: unknown = await save(net, undefined, { dtype: 'float16' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ModuleError);
    expect(String(error)).to.contain('"head.b" holds Infinity at 0').and.to.contain("dtype: 'bfloat16' holds them");
    const copy = await load(await save(net, undefined, { dtype: 'float16', allowNonFinite: true }));
    expect((await copy.getVar('head.b').values())[0]).to.equal(Infinity);
    expect(
      (await (await load(await save(net, undefined, { dtype: 'bfloat16' }))).getVar('head.b').values())[0],
    ).to.equal(70144);
  });
});
