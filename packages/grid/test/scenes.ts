// What ranks play in the specs of engines: `scenes.ts NAME`. A rank that finds something wrong throws.
import { type NodeInfo } from '@tessera-nn/core';
import { Grid, GridError } from '@tessera-nn/grid';
import { expect } from 'chai';

/** More than a window holds, and not a multiple of it. */
const LARGE = 300_001;

const scenes: Record<string, (nodeinfo: NodeInfo) => void | Promise<void>> = {
  /** All calls, on arrays that go through in one part or in several. */
  meet(nodeinfo) {
    const { rank, size } = nodeinfo;
    const ofAll = (size * (size - 1)) / 2;
    for (const length of [0, 1, LARGE]) {
      const floats = Float32Array.from({ length }, (_, i) => rank + (i % 7));
      nodeinfo.sum(floats);
      expect(floats.findIndex((value, i) => value !== ofAll + size * (i % 7))).to.equal(-1);
    }
    const part = new Float64Array(5).fill(rank + 0.1);
    nodeinfo.sum(part.subarray(1, 3));
    expect([...part]).to.deep.equal(
      [0, 1, 1, 0, 0].map((one) => (one ? sumInOrder(size, (r) => r + 0.1) : rank + 0.1)),
    );
    const bytes = new Uint8Array(5 * LARGE).fill(rank + 1);
    nodeinfo.broadcast(bytes);
    expect(bytes.every((byte) => byte === 1)).to.equal(true);
    const numbers = Int32Array.of(rank, 7, rank);
    nodeinfo.broadcast(numbers.subarray(0, 2));
    expect([...numbers]).to.deep.equal([0, 7, rank]);
    expect(nodeinfo.meanValue(rank)).to.equal((size - 1) / 2);
    expect(nodeinfo.meanValue(rank === 1 ? NaN : 1)).to.deep.equal(NaN);
    for (let i = 0; i < 100; i++) nodeinfo.barrier();
    expect(() => nodeinfo.sum([1] as never)).to.throw('a Float32Array or a Float64Array, received [1]');
  },

  /** One rank brings another array. */
  differ(nodeinfo) {
    const length = nodeinfo.rank === 0 ? 2 : 3;
    const other = 1 - nodeinfo.rank;
    const wrong = `sum of float32, of ${length}, received sum of float32, of ${5 - length} on rank ${other}`;
    for (let again = 0; again < 2; again++)
      expect(() => nodeinfo.sum(new Float32Array(length))).to.throw(GridError, wrong);
  },

  /** One rank ends while the other waits for it. */
  leave(nodeinfo) {
    nodeinfo.barrier();
    if (nodeinfo.rank === 0) expect(() => nodeinfo.barrier()).to.throw(GridError, /Rank 1 has ended|nothing more/);
  },

  /** One rank fails. */
  fail(nodeinfo) {
    nodeinfo.barrier();
    if (nodeinfo.rank === 1) throw new RangeError('the disk is full');
    nodeinfo.barrier();
  },

  /** One rank fails while the other does not listen. */
  async hang({ rank }) {
    if (rank === 1) throw new RangeError('the disk is full');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
};

function sumInOrder(size: number, of: (rank: number) => number): number {
  return Array.from({ length: size }, (_, rank) => of(rank)).reduce((sum, value) => sum + value);
}

await scenes[process.argv[2]!]!(await Grid.join());
