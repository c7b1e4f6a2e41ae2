import { backendName, collectFirst, expectNoMore, held, heldAtRest, itCollects, onBackend } from '@tessera-nn/testing';
import { AutogradError, ReleasedError } from '@tessera-nn/kernels';
import { nodeModule } from '@tessera-nn/kernels/internal';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import { parameter } from '../variable/parameter.js';
import { currentFrame } from './frame.js';
import { keep, scope } from './scope.js';

/** Whether a scope knows what is made in it after an await. */
const tellsFlowsApart = nodeModule('node:async_hooks') !== undefined;

/** What is held when all flows have ended. */
const atLast = () => (tellsFlowsApart ? held() : heldAtRest());

const soon = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a promise rejects with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it was fulfilled'),
    (error: unknown) => error,
  );

describe(`scope [${backendName}]`, () => {
  onBackend();

  it('frees what was made in it, but what it returns', () => {
    const x = new Variable([1, 2]);
    const before = held();
    let inner: Variable | undefined;
    const y = scope(() => {
      inner = x.mul(2);
      return inner.add(1);
    });
    expect(held().storages).to.equal(before.storages + 1);
    expect(inner!.released).to.equal(true);
    y.dispose();
    expect(held()).to.deep.equal(before);
  });

  it('leaves alone what was made outside', async () => {
    const x = new Variable([1, 2]);
    scope(() => x);
    scope(() => undefined);
    expect(await x.array()).to.deep.equal([1, 2]);
  });

  it('finds Variables in whatever it returns: arrays, Maps, Sets and plain objects, nested, and in circles', async () => {
    const x = new Variable([1]);
    const result = scope(() => {
      x.mul(100);
      const circle: Record<string, unknown> = { deep: { list: [x.mul(2), [x.mul(3)]] } };
      circle.self = circle;
      return { circle, map: new Map([['key', x.mul(4)]]), set: new Set([x.mul(5)]), other: 'text', none: null };
    });
    const { list } = result.circle.deep as { list: [Variable, [Variable]] };
    const found = [list[0], list[1][0], result.map.get('key')!, ...result.set];
    expect(await Promise.all(found.map((one) => one.item()))).to.deep.equal([2, 3, 4, 5]);
  });

  it('lets go of what hides in an object of a class, and says what to do when it is used', () => {
    class Result {
      constructor(readonly loss: Variable) {}
    }
    const { loss } = scope(() => new Result(new Variable([1]).mul(2)));
    expect(() => loss.add(1)).to.throw(ReleasedError, /\[1\] was already released.*return it, or call keep\(\)/);
  });

  it('keeps what keep() protects, parameters, and what is in the scope around it', async () => {
    let kept: Variable | undefined;
    let weight: Variable | undefined;
    scope(() => {
      const outer = new Variable([1]);
      scope(() => {
        kept = keep(outer.mul(2));
        weight = parameter([3]);
      });
      expect(outer.released).to.equal(false);
    });
    expect(await kept!.item()).to.equal(2);
    expect(await weight!.item()).to.equal(3);
    expect(keep(kept!)).to.equal(kept);
  });

  it('hands results of an inner scope on to the outer one, which frees them', () => {
    const before = held();
    scope(() => {
      const y = scope(() => new Variable([1]).mul(2));
      expect(y.released).to.equal(false);
    });
    expect(held()).to.deep.equal(before);
  });

  it('frees all when its work throws, and gives the error on', () => {
    const before = held();
    const fail = () =>
      scope(() => {
        const x = new Variable([1], { requiresGrad: true });
        scope(() => x.exp());
        scope(() => {
          x.mul(2);
          throw new RangeError('on purpose');
        });
      });
    expect(fail).to.throw(RangeError, 'on purpose');
    expect(held()).to.deep.equal(before);
  });

  it('frees the graph of what it does not return, and keeps that of what it does', async () => {
    const x = new Variable([3], { requiresGrad: true });
    let lost: Variable | undefined;
    const y = scope(() => {
      lost = keep(x.exp());
      return x.mul(x).mul(x.detach());
    });
    y.backward();
    expect([...(await x.grad!.data())]).to.deep.equal([18]);
    expect(() => lost!.backward()).to.throw(AutogradError, /graph of exp was already released.*does not return/s);
  });

  it('keeps the leaves that its result still owes a gradient', async () => {
    const made: Variable[] = [];
    const y = scope(() => {
      made.push(new Variable([2], { requiresGrad: true }), new Variable([5]));
      return made[0]!.mul(made[1]!);
    });
    expect(made.map(({ released }) => released)).to.deep.equal([false, true]);
    y.backward();
    expect([...(await made[0]!.grad!.data())]).to.deep.equal([5]);
  });
});

describe(`scope of asynchronous work [${backendName}]`, () => {
  onBackend();
  // Older tests' Variables must not be collected in the middle of a count that waits.
  collectFirst();

  it('lasts until the promise settles', async () => {
    const before = held();
    let inner: Variable | undefined;
    const y = await scope(async () => {
      inner = new Variable([1]);
      const sum = inner.add(new Variable([2]));
      await soon();
      expect(inner.released).to.equal(false);
      return { sum };
    });
    expect(inner!.released).to.equal(true);
    expect(held().storages).to.equal(before.storages + 1);
    expect(await y.sum.item()).to.equal(3);
  });

  itCollects('frees what was made after it waited: at its end, in pages when it is collected', async () => {
    const before = held();
    await scope(async () => {
      await soon();
      const x = new Variable([1]);
      await soon();
      x.mul(2).add(3);
    });
    expect(await atLast()).to.deep.equal(before);
  });

  itCollects('frees all when the promise rejects, and gives the error on', async () => {
    const before = held();
    const error = await failureOf(
      scope(async () => {
        const x = new Variable([1]);
        await soon();
        x.mul(2);
        throw new RangeError('on purpose');
      }),
    );
    expect(error).to.be.instanceOf(RangeError);
    expect(await atLast()).to.deep.equal(before);
  });

  itCollects('may hold others, one after the other', async () => {
    const before = held();
    await scope(async () => {
      const x = new Variable([1]);
      const y = await scope(async () => {
        const y = x.mul(2);
        await soon();
        return y;
      });
      const z = await scope(async () => {
        const z = y.mul(3);
        await soon();
        return z;
      });
      expect(held().storages).to.equal(before.storages + 3);
      expect(await z.item()).to.equal(6);
    });
    expect(await atLast()).to.deep.equal(before);
  });

  it('may overlap others, and frees nothing of theirs', async () => {
    const flow = (milliseconds: number) =>
      scope(async () => {
        const x = new Variable([milliseconds]);
        await soon(milliseconds);
        const y = x.mul(2);
        await soon(milliseconds);
        return { y: y.add(x) };
      });
    const results = await Promise.all([5, 1, 9, 3].map(flow));
    expect(await Promise.all(results.map(({ y }) => y.item()))).to.deep.equal([15, 3, 27, 9]);
  });

  it('owns nothing that is made outside of it while it waits', async () => {
    const waiting = scope(() => soon(10));
    expect(currentFrame()).to.equal(undefined);
    const early = new Variable([1]);
    await soon();
    const late = early.add(1);
    const inner = scope(() => late.mul(early));
    await waiting;
    expect(await Promise.all([early, late, inner].map((variable) => variable.item()))).to.deep.equal([1, 2, 2]);
  });

  it('owns nothing any more once it has ended, though work that it started goes on', async () => {
    let late: Promise<number> | undefined;
    await scope(async () => {
      late = soon(5).then(async () => {
        const x = new Variable([2]);
        await soon();
        return x.mul(3).item();
      });
      await soon();
    });
    expect(await late).to.equal(6);
  });

  it('ends in any order, so that nothing is held afterwards', async () => {
    const before = held();
    const results = [5, 10, 1].map((milliseconds) =>
      scope(async () => {
        new Variable([milliseconds]);
        await soon(milliseconds);
        return 'done';
      }),
    );
    expect(await Promise.all(results)).to.deep.equal(['done', 'done', 'done']);
    expectNoMore(before);
  });

  it('gives the error of its work on, even where scopes overlap', async () => {
    const first = scope(async () => {
      await soon(1);
      throw new RangeError('on purpose');
    });
    const second = scope(() => soon(10));
    expect(await failureOf(first)).to.be.instanceOf(RangeError);
    await second;
  });

  itCollects('puts what still runs inside a scope that failed into the one around it', async () => {
    const before = held();
    const outer = scope(async () => {
      let late: Promise<Variable> | undefined;
      const failing = scope(async () => {
        late = scope(async () => {
          await soon(5);
          return new Variable([1]).mul(2);
        });
        await soon(1);
        throw new RangeError('on purpose');
      });
      expect(await failureOf(failing)).to.be.instanceOf(RangeError);
      const result = await late!;
      expect(await result.array()).to.deep.equal([2]);
    });
    await outer;
    expect(currentFrame()).to.equal(undefined);
    expect(await atLast()).to.deep.equal(before);
  });
});
