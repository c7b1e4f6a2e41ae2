import {
  backendName,
  collectFirst,
  expectAtRest,
  expectClose,
  expectNoMore,
  held,
  heldAtRest,
  Holder,
  itCollects,
  onBackend,
} from '@tessera-nn/testing';
import { clone, grad, grads, tensor1d, tensor2d, tidy, valueAndGrad, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { AutogradError, ModuleError, ShapeError } from '@tessera-nn/kernels';
import { grad as ourGrad } from '../autograd/functional.js';
import { defineOp } from '../autograd/op.js';
import { mul } from '../ops/index.js';
import { parameter } from '../variable/parameter.js';
import type { Variable } from '../variable/variable.js';
import { asCustomGrad } from './as-custom-grad.js';
import { fromTf } from './from-tf.js';

/** y = tanh(x W) b, so that parameters are read by two ops. */
class Layer extends Holder {
  readonly W = parameter([
    [0.5, -1],
    [2, 0.25],
    [-0.75, 1.5],
  ]);
  readonly b = parameter([3, -2]);
  override dataShapeFrom([batch]: readonly number[]) {
    return [batch!, 2];
  }
  protected override updateData(x: Variable) {
    return x.matmul(this.W).tanh().mul(this.b);
  }
}

const X = [1, -2, 0.5, 0.3, 0.7, -1];
const DY = [2, -1, 0.5, 3];
const input = () => tensor2d(X, [2, 3]);
const cotangent = () => tensor2d(DY, [2, 2]);

/** dx, dW and db of the layer, in float64. */
function exact({ W, b }: { W: readonly number[]; b: readonly number[] }) {
  const [dx, dW, db] = [X.map(() => 0), W.map(() => 0), b.map(() => 0)];
  DY.forEach((dy, at) => {
    const [n, o] = [Math.floor(at / 2), at % 2];
    const t = Math.tanh([0, 1, 2].reduce((total, i) => total + X[3 * n + i]! * W[2 * i + o]!, 0));
    db[o]! += dy * t;
    for (const i of [0, 1, 2]) {
      dx[3 * n + i]! += dy * b[o]! * (1 - t * t) * W[2 * i + o]!;
      dW[2 * i + o]! += dy * b[o]! * (1 - t * t) * X[3 * n + i]!;
    }
  });
  return { dx, dW, db };
}
const OWN = { W: [0.5, -1, 2, 0.25, -0.75, 1.5], b: [3, -2] };

const values = async (tensor: Tensor) => [...(await tensor.data())];

describe(`asCustomGrad [${backendName}]`, () => {
  onBackend();
  collectFirst();

  it('gives tf.grad the gradient of the input, and adds those of the parameters to their grad', async () => {
    const layer = new Layer();
    const { dx, dW, db } = exact(OWN);
    const slope = grad(asCustomGrad(layer));
    for (const times of [1, 2]) {
      expectClose(await values(slope(input(), cotangent())), dx, 'dx');
      const sums = [dW, db].map((part) => part.map((value) => times * value));
      expectClose(await layer.W.grad!.data(), sums[0]!, 'dW');
      expectClose(await layer.b.grad!.data(), sums[1]!, 'db');
    }
  });

  it('computes with weights that are handed over, and gives tfjs their gradients', async () => {
    const layer = new Layer();
    const f = asCustomGrad(layer);
    const weights = { W: [1, 0.5, -0.5, 2, 0.1, -0.3], b: [-1, 4] };
    const { dx, dW, db } = exact(weights);
    const found = grads((x: Tensor, b: Tensor, W: Tensor) => f(x, { b, W }))(
      [input(), tensor1d(weights.b), tensor2d(weights.W, [3, 2])],
      cotangent(),
    );
    for (const [i, expected] of [dx, db, dW].entries()) expectClose(await values(found[i]!), expected, `gradient ${i}`);
    expect([layer.W.grad, layer.b.grad]).to.deep.equal([null, null]);
    expect(await layer.W.array()).to.deep.equal([[0.5, -1], [2, 0.25], [-0.75, 1.5]]); // prettier-ignore
    expect([await layer.b.array(), layer.W.released]).to.deep.equal([[3, -2], false]);
  });

  it('takes some weights from tfjs and leaves the others to the module, frozen or not', async () => {
    const layer = new Layer();
    layer.W.requiresGrad = false;
    const f = asCustomGrad(layer);
    const [, dW] = grads((x: Tensor, W: Tensor) => f(x, { W }))([input(), tensor2d(OWN.W, [3, 2])], cotangent());
    expectClose(await values(dW!), exact(OWN).dW, 'dW');
    expectClose(await layer.b.grad!.data(), exact(OWN).db, 'db');
    expect(layer.W.grad).to.equal(null);
  });

  it('takes functions of several inputs, one tensor in two of them, and whole numbers, whose gradient is 0', async () => {
    const f = asCustomGrad((a, b) => a.mul(b).add(a));
    const twice = grad((x: Tensor) => f(x, x))(tensor1d([1, -2]), tensor1d([1, 10]));
    expect(await values(twice)).to.deep.equal([3, -30]);
    const g = asCustomGrad((x, labels) => mul(x, x).sub(labels.detach().exp()));
    const found = grads((x: Tensor, labels: Tensor) => g(x, labels))(
      [tensor1d([3]), tensor1d([1], 'int32')],
      tensor1d([1]),
    );
    expect(await Promise.all(found.map(values))).to.deep.equal([[6], [0]]);
  });

  it('gives bare values where nothing is differentiated, and records nothing', async () => {
    const layer = new Layer();
    const x = input();
    const before = held();
    const y = asCustomGrad(layer)(x);
    expect(held().storages).to.equal(before.storages);
    expect(held().tensors).to.equal(before.tensors + 1);
    const t = Math.tanh(0.5 - 4 - 0.375);
    expectClose([(await values(y))[0]!], [3 * t], 'y');
    y.dispose();
    expectNoMore(before);
  });

  it('is right in the second and third derivative, where tfjs is silently wrong', async () => {
    const f = asCustomGrad((x) => x.mul(x.sigmoid()));
    const first = (x: Tensor) => grad(f)(x);
    const second = (x: Tensor) => grad(first)(x);
    const s = 1 / (1 + Math.exp(1.5));
    const ds = s * (1 - s);
    const x = tensor1d([-1.5]);
    expectClose(await values(first(x)), [s - 1.5 * ds], 'first');
    expectClose(await values(second(x)), [2 * ds - 1.5 * ds * (1 - 2 * s)], 'second'); // tf.grad gives 0.2983
    const d2s = ds * (1 - 2 * s);
    const d3s = d2s * (1 - 2 * s) - 2 * ds * ds;
    expectClose(await values(grad(second)(x)), [3 * d2s - 1.5 * d3s], 'third');
  });

  it('is right where both a value and its gradient are differentiated', async () => {
    const power = asCustomGrad((x) => x.square().square());
    const both = asCustomGrad((value, slope) => value.add(slope));
    const f = (x: Tensor) => {
      const { value, grad: slope } = valueAndGrad(power)(x);
      return both(value, slope);
    };
    expect(await values(grad(f)(tensor1d([2])))).to.deep.equal([32 + 48]); // 4 x^3 + 12 x^2
  });

  it('leaves grads alone in the inner of two gradients, and adds the whole of the outer one', async () => {
    const layer = new Holder() as Holder & { a: Variable };
    layer.a = parameter([5]);
    const cube = asCustomGrad((x) => x.pow(3).mul(layer.a));
    const slope = grad((x: Tensor) => grad(cube)(x))(tensor1d([2]));
    expect(await values(slope)).to.deep.equal([60]);
    expect(await values(layer.a.grad!)).to.deep.equal([12]); // d(3 a x^2) / da
  });

  it('names the op that has no second gradient', () => {
    const once = defineOp({
      name: 'once',
      inputs: ['x'],
      layout: 'any',
      forward: ({ x }) => clone(x),
      gradients: (g) => ({ x: () => onceGradient({ g }) }),
    });
    const onceGradient = defineOp({
      name: 'once gradient',
      inputs: ['g'],
      layout: 'any',
      forward: ({ g }) => clone(g),
    });
    const f = asCustomGrad((x) => once({ x: x.square() }));
    const twice = grad((x: Tensor) => grad(f)(x));
    expect(() => twice(tensor1d([1]))).to.throw(AutogradError, 'once gradient');
  });

  it('carries ops made of tfjs functions, and may lie inside one', async () => {
    const square = fromTf(customSquare);
    const inside = asCustomGrad((x) => square(x).mul(x)); // x^3
    const outer = grad((x: Tensor) => inside(inside(x))); // x^9, two of them on one tape
    expectClose(
      await values(outer(tensor1d([1.1]))),
      [9 * 1.1 ** 8],
      'tf.grad of a module with a tfjs function inside',
    );

    const around = fromTf((x: Tensor) => customSquare(inside(x))); // x^6
    const x = parameter([1.1]);
    around(x).mul(x).backward();
    expectClose(await x.grad!.data(), [7 * 1.1 ** 6], 'a tfjs function with a module inside, on our tape');
  });

  it('may take a gradient through a tfjs function while it runs forward', async () => {
    const square = fromTf(customSquare);
    const f = asCustomGrad((x) => x.mul(ourGrad((v) => square(v).sum())(x.detach())));
    expect(await values(grad(f)(tensor1d([3])))).to.deep.equal([6]);
  });

  it('refuses lists at either end, and says how to bring them over', () => {
    class Listed extends Layer {
      override get takes(): 'list' {
        return 'list';
      }
    }
    expect(() => asCustomGrad(new Listed())).to.throw(ModuleError, 'asCustomGrad((a, b) => module.forward([a, b]))');
    const pair = asCustomGrad(((x: Variable) => [x, x]) as never);
    const [x, before] = [tensor1d([1, 2]), held()];
    expect(() => pair(x)).to.throw(AutogradError, 'received a list of 2');
    expect(() => tidy(() => grad(pair)(x))).to.throw(AutogradError, 'received a list of 2');
    expect(held()).to.deep.equal(before);
    x.dispose();
  });

  it('refuses weights that no parameter fits', () => {
    const f = asCustomGrad(new Layer());
    expect(() => f(input(), { w: tensor1d([1]) })).to.throw(
      ModuleError,
      /no parameter has the path "w".*"W", "b".*Did you mean "W"/,
    );
    expect(() => f(input(), { b: tensor1d([1]) })).to.throw(ShapeError, /"b" has another shape.*\[2\].*\[1\]/);
  });

  it('holds no more after fifty gradients than after one, inside tidy or not', () => {
    const layer = new Layer();
    const f = asCustomGrad(layer);
    const [x, dy, W] = [input(), cotangent(), tensor2d(OWN.W, [3, 2])];
    const step = () => {
      for (const tensor of grads((a: Tensor, w: Tensor) => f(a, { W: w }))([x, W], dy)) tensor.dispose();
      tidy(() => void grad(f)(x, dy));
    };
    step();
    const before = held();
    for (let i = 0; i < 50; i++) step();
    expect(held()).to.deep.equal(before);
  });

  itCollects('leaves the graphs of higher derivatives to the collector, and nothing else', async () => {
    const f = asCustomGrad(new Layer());
    const length = asCustomGrad((slope) => slope.square().sum());
    const [x, dy] = [input(), cotangent()];
    const step = () => tidy(() => void grad((v: Tensor) => length(grad(f)(v, dy)))(x));
    step();
    const before = await heldAtRest();
    for (let i = 0; i < 20; i++) step();
    await expectAtRest(before);
  });

  itCollects('leaves nothing behind when the forward or the backward pass throws, and works on', async () => {
    const layer = new Layer();
    const f = asCustomGrad(layer);
    const [x, dy] = [input(), cotangent()];
    const slope = grad(f);
    slope(x, dy).dispose();
    const faulty = defineOp({
      name: 'faulty',
      inputs: ['a'],
      layout: 'any',
      forward: ({ a }) => clone(a),
      gradients: () => {
        throw new RangeError('on purpose');
      },
    });
    const before = await heldAtRest();
    const broken = {
      forward: asCustomGrad((a) => {
        layer.forward(a);
        throw new RangeError('on purpose');
      }),
      backward: asCustomGrad((a) => faulty({ a: layer.forward(a) })),
      after: (a: Tensor): Tensor => {
        f(a);
        throw new RangeError('on purpose');
      },
    };
    for (const fail of Object.values(broken)) {
      for (let i = 0; i < 3; i++) expect(() => grad(fail)(x, dy)).to.throw(RangeError, 'on purpose');
    }
    const dx = tidy(() => slope(x, dy));
    expectClose(await values(dx), exact(OWN).dx, 'dx');
    dx.dispose();
    await expectAtRest(before);
  });
});

/** x^2 with a gradient that tfjs need not know. */
function customSquare(x: Tensor): Tensor {
  return asCustomGrad((v) => v.square())(x);
}
