import { backendName, expectAtRest, heldAtRest, onBackend } from '@tessera-nn/testing';
import { BackendError, Variable } from '@tessera-nn/core';
import { Conv2D, Linear, MaxPool2D } from '@tessera-nn/modules';
import { backend } from '@tensorflow/tfjs-core';
import { expect } from 'chai';

interface Memory {
  wasm: { _malloc: (bytes: number) => number };
}

describe(`Memory that could not be had [${backendName}]`, () => {
  onBackend();

  const nets = () => [new Linear(64, 64), new Conv2D(2, 4, 3)] as const;
  const valuesOf = async (list: readonly { parameters(): Iterable<Variable> }[]) =>
    Promise.all(list.flatMap((net) => [...net.parameters()]).map(async (v) => [...(await v.values())]));

  it('is an error that says how much, and nothing was written anywhere', async () => {
    const [dense, conv] = nets();
    const work: (() => Variable)[] = [
      () => new Variable(new Float32Array(4096).fill(7)),
      () => dense.forward(new Variable(new Float32Array(64 * 8).fill(7), { shape: [8, 64] })),
      () => conv.forward(new Variable(new Float32Array(2 * 64).fill(7), { shape: [1, 2, 8, 8] })),
      () => new MaxPool2D(2).forward(new Variable(new Float32Array(64).fill(7), { shape: [1, 1, 8, 8] })),
      () => new Variable([1, 2, 3, 4]).exp().add(1).square().sum(),
    ];
    const before = await valuesOf([dense, conv]);
    for (const run of work) run().dispose(); // what is kept for the next time is there
    const holding = await heldAtRest();
    const { wasm } = backend() as unknown as Memory;
    const start = Buffer.from((wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8.slice(0, 1024));
    for (const run of work) {
      for (let grants = 0; ; grants++) {
        const malloc = wasm._malloc;
        let left = grants;
        wasm._malloc = (bytes) => (left-- > 0 ? malloc(bytes) : 0);
        let made: Variable | undefined;
        try {
          made = run();
        } catch (error) {
          expect(error).to.be.instanceOf(BackendError);
          expect((error as Error).message).to.match(/no room for \d+ bytes/);
        } finally {
          wasm._malloc = malloc;
        }
        made?.dispose();
        if (made) break;
        expect(grants).to.be.lessThan(60);
      }
    }
    expect(await valuesOf([dense, conv])).to.deep.equal(before);
    await expectAtRest(holding);
    expect(Buffer.from((wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8.slice(0, 1024)).equals(start)).to.equal(true);
    dense.forward(new Variable(new Float32Array(64), { shape: [1, 64] }));
  });

  it('is refused beyond what 32 bits count', () => {
    const { wasm } = backend() as unknown as Memory;
    expect(() => wasm._malloc(2 ** 32 + 16)).to.throw(BackendError, '4294967312 bytes');
  });
});
