import { divideBy, scale } from '../ops/affine.js';
import * as ops from '../ops/index.js';
import type { Variable } from './variable.js';

/** Arithmetic and changes of shape as methods of Variables. Each is an op; two Variables broadcast by NumPy's rules. */
export abstract class VariableMethods {
  /** Element by element; a Variable broadcasts. @throws ShapeError when the shapes do not broadcast. */
  add(this: Variable, other: Variable | number): Variable {
    return typeof other === 'number' ? ops.affine(this, 1, other) : ops.add(this, other);
  }
  /** Element by element; a Variable broadcasts. @throws ShapeError when the shapes do not broadcast. */
  sub(this: Variable, other: Variable | number): Variable {
    return typeof other === 'number' ? ops.affine(this, 1, -other) : ops.sub(this, other);
  }
  /** Element by element; a Variable broadcasts. @throws ShapeError when the shapes do not broadcast. */
  mul(this: Variable, other: Variable | number): Variable {
    return typeof other === 'number' ? scale(this, other) : ops.mul(this, other);
  }
  /** Element by element, as IEEE 754 divides. @throws ShapeError when the shapes do not broadcast. */
  div(this: Variable, other: Variable | number): Variable {
    return typeof other === 'number' ? divideBy(this, other) : ops.div(this, other);
  }
  /** -x. */
  neg(this: Variable): Variable {
    return scale(this, -1);
  }
  /** This to the power of a number, or of a Variable, broadcast. @throws ShapeError when the shapes do not broadcast. */
  pow(this: Variable, exponent: number | Variable): Variable {
    return ops.pow(this, exponent);
  }
  /** e^x. */
  exp(this: Variable): Variable {
    return ops.exp(this);
  }
  /** The natural logarithm: -Infinity for 0, NaN below. */
  log(this: Variable): Variable {
    return ops.log(this);
  }
  /** The square root; NaN below 0. */
  sqrt(this: Variable): Variable {
    return ops.sqrt(this);
  }
  /** x^2. */
  square(this: Variable): Variable {
    return ops.mul(this, this);
  }
  /** |x|; the subgradient at 0 is 0. */
  abs(this: Variable): Variable {
    return ops.abs(this);
  }
  /** 1 / (1 + e^-x). */
  sigmoid(this: Variable): Variable {
    return ops.sigmoid(this);
  }
  /** The hyperbolic tangent. */
  tanh(this: Variable): Variable {
    return ops.tanh(this);
  }
  /** max(x, 0); the subgradient at 0 is 0. */
  relu(this: Variable): Variable {
    return ops.relu(this);
  }
  /** The sine, of radians. */
  sin(this: Variable): Variable {
    return ops.sin(this);
  }
  /** The cosine, of radians. */
  cos(this: Variable): Variable {
    return ops.cos(this);
  }
  /** The error function. */
  erf(this: Variable): Variable {
    return ops.erf(this);
  }
  /** 1 / x. */
  reciprocal(this: Variable): Variable {
    return ops.reciprocal(this);
  }
  /** 1 / sqrt(x). */
  rsqrt(this: Variable): Variable {
    return ops.rsqrt(this);
  }
  /** The next whole number below; no gradient goes through. */
  floor(this: Variable): Variable {
    return ops.floor(this);
  }
  /** The next whole number above; no gradient goes through. */
  ceil(this: Variable): Variable {
    return ops.ceil(this);
  }
  /** The nearest whole number, the even one of two; no gradient goes through. */
  round(this: Variable): Variable {
    return ops.round(this);
  }
  /** -1, 0 or 1; no gradient goes through. */
  sign(this: Variable): Variable {
    return ops.sign(this);
  }
  /** No less than `low` and no more than `high`. */
  clip(this: Variable, low = -Infinity, high = Infinity): Variable {
    return ops.clip(this, low, high);
  }
  /** The larger of two, broadcast. @throws ShapeError when the shapes do not broadcast. */
  maximum(this: Variable, other: Variable | number): Variable {
    return ops.maximum(this, other);
  }
  /** The smaller of two, broadcast. @throws ShapeError when the shapes do not broadcast. */
  minimum(this: Variable, other: Variable | number): Variable {
    return ops.minimum(this, other);
  }
  /** this = other in each element, as bool. @throws ShapeError when the shapes do not broadcast. */
  equal(this: Variable, other: Variable | number): Variable {
    return ops.equal(this, other);
  }
  /** this > other in each element, as bool. @throws ShapeError when the shapes do not broadcast. */
  greater(this: Variable, other: Variable | number): Variable {
    return ops.greater(this, other);
  }
  /** this >= other in each element, as bool. @throws ShapeError when the shapes do not broadcast. */
  greaterEqual(this: Variable, other: Variable | number): Variable {
    return ops.greaterEqual(this, other);
  }
  /** this < other in each element, as bool. @throws ShapeError when the shapes do not broadcast. */
  less(this: Variable, other: Variable | number): Variable {
    return ops.less(this, other);
  }
  /** this <= other in each element, as bool. @throws ShapeError when the shapes do not broadcast. */
  lessEqual(this: Variable, other: Variable | number): Variable {
    return ops.lessEqual(this, other);
  }
  /** Shares that add up to 1 along an axis. @throws ShapeError when there is no such axis. */
  softmax(this: Variable, axis = -1): Variable {
    return ops.softmax(this, axis);
  }
  /** The logarithm of `softmax`. @throws ShapeError when there is no such axis. */
  logSoftmax(this: Variable, axis = -1): Variable {
    return ops.logSoftmax(this, axis);
  }
  /** The matrix product of [m, k] and [k, n], of a vector, or of pairs of matrices, broadcast. */
  matmul(this: Variable, other: Variable): Variable {
    return ops.matmul(this, other);
  }
  /** Sum over the given axes, or over all. */
  sum(this: Variable, axes?: number | readonly number[], keepDims = false): Variable {
    return ops.sum(this, axes, keepDims);
  }
  /** Mean over the given axes, or over all. */
  mean(this: Variable, axes?: number | readonly number[], keepDims = false): Variable {
    return ops.mean(this, axes, keepDims);
  }
  /** The largest value over the given axes, or over all. @throws ShapeError when an axis is outside or empty. */
  max(this: Variable, axes?: number | readonly number[], keepDims = false): Variable {
    return ops.max(this, axes, keepDims);
  }
  /** The smallest value over the given axes, or over all. @throws ShapeError when an axis is outside or empty. */
  min(this: Variable, axes?: number | readonly number[], keepDims = false): Variable {
    return ops.min(this, axes, keepDims);
  }
  /** Where the largest value lies along an axis, or in all. @throws ShapeError when the axis is outside or empty. */
  argmax(this: Variable, axis?: number, keepDims = false): Variable {
    return ops.argmax(this, axis, keepDims);
  }
  /** Where the smallest value lies along an axis, or in all. @throws ShapeError when the axis is outside or empty. */
  argmin(this: Variable, axis?: number, keepDims = false): Variable {
    return ops.argmin(this, axis, keepDims);
  }
  /** The product over the given axes, or over all. @throws ShapeError when an axis is outside. */
  prod(this: Variable, axes?: number | readonly number[], keepDims = false): Variable {
    return ops.prod(this, axes, keepDims);
  }
  /** ln sum e^x over the given axes, or over all. @throws ShapeError when an axis is outside. */
  logSumExp(this: Variable, axes?: number | readonly number[], keepDims = false): Variable {
    return ops.logSumExp(this, axes, keepDims);
  }
  /** Without the given axes, or without all of size 1. @throws ShapeError when one is of another size. */
  squeeze(this: Variable, axes?: number | readonly number[]): Variable {
    return ops.squeeze(this, axes);
  }
  /** With a new axis of size 1 at that place. @throws ShapeError when the place is outside. */
  unsqueeze(this: Variable, axis: number): Variable {
    return ops.unsqueeze(this, axis);
  }
  /** The same values in another shape, `x.reshape([2, -1])` or `x.reshape(2, -1)`; one size may be -1 and is computed. */
  reshape(this: Variable, ...shape: readonly number[] | readonly [shape: readonly number[]]): Variable {
    return ops.reshape(this, shape.flat());
  }
  /** Axes in another order; reversed when no order is given. */
  transpose(this: Variable, order?: readonly number[]): Variable {
    return ops.transpose(this, order);
  }
  /** A block: `size[axis]` entries from `begin[axis]`; a size of -1 reaches to the end. */
  slice(this: Variable, begin: readonly number[], size: readonly number[]): Variable {
    return ops.slice(this, begin, size);
  }
}
