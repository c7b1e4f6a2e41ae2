import { clone, tensor as makeTensor, Tensor } from '@tensorflow/tfjs-core';
import { AutogradError, currentBackend, ReleasedError, ShapeError } from '@tessera/kernels';
import { runBackward } from '../autograd/backward.js';
import type { GraphNode } from '../autograd/graph-node.js';
import { noGrad } from '../autograd/grad-mode.js';
import { toLogicalOrder, type Layout } from '../layout.js';
import { adopt, currentFrame, type Owned } from '../memory/frame.js';
import { Storage } from '../memory/storage.js';
import * as ops from '../ops/index.js';
import { formatArray } from '../printing.js';
import { nest, readHostData, type Dtype, type NestedNumbers, type NumberArray } from './array-data.js';

/** What a Variable can be made of. */
export type VariableSource = Tensor | NumberArray | NestedNumbers;

export interface VariableOptions {
  name?: string;
  /** Needed for flat arrays of more than one axis. */
  shape?: readonly number[];
  /** float32, unless the source says otherwise. */
  dtype?: Dtype;
  /** Whether `backward` gives it a gradient. Default false. */
  requiresGrad?: boolean;
}

export interface BackwardOptions {
  /** Keeps the graph, so that it can be differentiated once more. Default false. */
  retainGraph?: boolean;
}

/** What a Variable holds in tensor memory; apart from it, so that the collector can find the Variable dead. */
interface Holdings {
  storage: Storage | undefined;
  grad: Storage | undefined;
}

function letGo(holdings: Holdings): void {
  holdings.storage?.release();
  holdings.grad?.release();
  holdings.storage = holdings.grad = undefined;
}

const abandoned = new FinalizationRegistry<Holdings>(letGo);

/** Values that were read before are kept for printing up to this many. */
const REMEMBERED_VALUES = 100_000;

/**
 * A tensor that can have a gradient; also what flows between modules.
 *
 * `grad` is dLoss/dVariable; optimizers subtract it. (PuzzleLib stores the negative.) Shapes are always logical,
 * `[batch, maps, ...spatial]`, whatever lies in memory. Nothing has to be disposed by hand: what is made inside a
 * module call, a `scope` or a Trainer step is freed with it, the rest when it is no longer referenced.
 *
 * @example
 * const x = new Variable([[1, 2], [3, 4]], { requiresGrad: true });
 * x.square().sum().backward();
 * await x.grad!.array(); // [[2, 4], [6, 8]]
 */
export class Variable implements Owned {
  name: string | undefined;
  /** Whether `backward` gives it a gradient. */
  requiresGrad: boolean;
  /** Factor on the optimizer's learning rate; 0 or less freezes the Variable. */
  learnRate = 1;
  /** Factor on the optimizer's momentum. */
  momRate = 1;
  /** Factor on the optimizer's weight decay: 1 for weights, 0 for biases, slopes and norms. */
  wc = 0;
  /** Replaces the optimizer's rule for this Variable: called with it and the learning rate. */
  updater: ((variable: Variable, learnRate: number) => void) | undefined;

  /** True for what a module learns, also while it is frozen. */
  isParameter = false;
  /** Lives until `dispose`, whatever scope it was made in. */
  kept = false;
  /** @internal */
  readonly recorded = false;

  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** The op that made it, or null for a leaf. */
  node: GraphNode | null = null;
  /** Which of the op's results it is. */
  slot = 0;

  #leaf: Variable | undefined;
  #holdings: Holdings = { storage: undefined, grad: undefined };
  #logical: { of: Storage; view: Storage } | undefined;
  #logicalGrad: { of: Storage; view: Storage } | undefined;
  #read: { of: Storage; values: Float32Array | Int32Array | Uint8Array } | undefined;

  /**
   * @param source nested arrays, a typed array (with `shape`), a number, or a tensor, which stays the caller's.
   * @throws ShapeError when the numbers do not fill the shape.
   */
  constructor(source: VariableSource | Storage, options: VariableOptions = {}) {
    if (source instanceof Storage) {
      this.#holdings.storage = source;
    } else {
      const origin = { op: 'Variable', call: currentFrame()?.call };
      if (source instanceof Tensor) {
        this.#holdings.storage = new Storage(clone(source), 'logical', origin);
      } else {
        const { values, shape, dtype } = readHostData(source, options.shape, options.dtype);
        this.#holdings.storage = new Storage(makeTensor(values, shape, dtype), 'logical', origin);
        this.#read = { of: this.#holdings.storage, values };
      }
    }
    this.shape = this.#holdings.storage!.shape;
    this.dtype = this.#holdings.storage!.tensor.dtype as Dtype;
    this.name = options.name;
    this.requiresGrad = options.requiresGrad ?? false;
    adopt(this);
  }

  // ---- what is in it

  /** The storage that kernels see. */
  get storage(): Storage {
    const { storage } = this.#holdings;
    if (!storage) {
      const name = this.name ? `"${this.name}" ` : '';
      throw new ReleasedError(`The Variable ${name}[${this.shape.join(', ')}] was already released`, {
        path: this.name ?? 'Variable',
        hint: 'What is made inside a module call or a scope is freed with it: return it, or call keep() on it there',
      });
    }
    return storage;
  }

  get released(): boolean {
    return this.#holdings.storage === undefined;
  }

  /** The values as a tensor of the logical shape. It belongs to the Variable: do not dispose it. */
  get data(): Tensor {
    const { storage } = this;
    if (storage.layout === 'logical') return storage.tensor;
    this.#logical = renew(this.#logical, storage);
    return this.#logical.view.tensor;
  }

  /** dLoss/dVariable as a tensor of the logical shape, or null before `backward`. Belongs to the Variable. */
  get grad(): Tensor | null {
    const { grad } = this.#holdings;
    if (!grad) return null;
    if (grad.layout === 'logical') return grad.tensor;
    this.#logicalGrad = renew(this.#logicalGrad, grad);
    return this.#logicalGrad.view.tensor;
  }

  /** The gradient as kernels see it. */
  get gradStorage(): Storage | undefined {
    return this.#holdings.grad;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return this.shape.reduce((product, length) => product * length, 1);
  }

  /** Whether ops on it are recorded. */
  get tracked(): boolean {
    return this.requiresGrad || this.node !== null;
  }

  /** The Variable that gradients reaching this one belong to: itself, unless it is a saved view of a leaf. */
  get leaf(): Variable {
    return this.#leaf ?? this;
  }

  // ---- reading

  /** Reads the values as nested arrays. */
  async array(): Promise<NestedNumbers> {
    return nest(await this.values(), this.shape, this.dtype);
  }

  /** Reads the values as one flat array, in logical order. */
  async values(): Promise<Float32Array | Int32Array | Uint8Array> {
    const storage = this.storage.retain();
    try {
      return this.#remember(await storage.tensor.data(), storage);
    } finally {
      storage.release();
    }
  }

  /** Reads the only value. @throws ShapeError when there are more. */
  async item(): Promise<number> {
    if (this.size !== 1) {
      throw new ShapeError('item() reads Variables of one element', {
        expected: 'one element',
        received: `[${this.shape.join(', ')}]`,
        hint: 'Use values() or array()',
      });
    }
    return (await this.values())[0]!;
  }

  /** Reads the values and writes them to the console as NumPy prints them. */
  async print(): Promise<void> {
    await this.values();
    console.log(this.toString());
  }

  /**
   * The values as NumPy prints them. On WebGL, where reading would stall the page, only values that were read before
   * can be shown; until then the text names the Variable and says how to read it.
   */
  toString(): string {
    const storage = this.storage;
    if (this.#read?.of !== storage && currentBackend() !== 'webgl') this.#remember(storage.tensor.dataSync());
    if (this.#read?.of === storage) return formatArray(this.#read.values, this.shape, this.dtype);
    const name = this.name ? `"${this.name}" ` : '';
    return `Variable ${name}[${this.shape.join(', ')}] ${this.dtype}, not read yet: await print() or values()`;
  }

  #remember(values: Float32Array | Int32Array | Uint8Array, of = this.storage) {
    const logical = toLogicalOrder(values, this.shape, of.layout);
    if (values.length <= REMEMBERED_VALUES && of === this.#holdings.storage) this.#read = { of, values: logical };
    return logical;
  }

  // ---- changing

  /** Takes over the values (and the gradient, when both have one) of another Variable of the same shape. */
  set(other: Variable): this {
    if (other.shape.length !== this.shape.length || other.shape.some((length, axis) => length !== this.shape[axis])) {
      throw new ShapeError(`Variable "${this.name ?? ''}" cannot take over values of another shape`, {
        expected: `[${this.shape.join(', ')}]`,
        received: `[${other.shape.join(', ')}]`,
      });
    }
    this.replaceStorage(other.storage.retain());
    if (this.#holdings.grad && other.gradStorage) this.replaceGrad(other.gradStorage.retain());
    return this;
  }

  /** Puts new values in place; takes over one hold on the storage. */
  replaceStorage(storage: Storage): void {
    const before = this.#holdings.storage;
    this.#holdings.storage = storage;
    before?.release();
    this.#logical = dropView(this.#logical);
  }

  /** Puts a new gradient in place, or none; takes over one hold on the storage. */
  replaceGrad(grad: Storage | undefined): void {
    const before = this.#holdings.grad;
    this.#holdings.grad = grad;
    before?.release();
    this.#logicalGrad = dropView(this.#logicalGrad);
  }

  /** Adds to the gradient: grad = momentum grad + scale part. */
  accumulateGrad(part: Variable, { scale = 1, momentum = 1 }: { scale?: number; momentum?: number } = {}): void {
    noGrad(() => {
      const scaled = scale === 1 ? part.alias() : ops.affine(part, scale, 0);
      const before = this.#holdings.grad;
      if (!before || momentum === 0) {
        this.replaceGrad(scaled.storage.retain());
      } else {
        const old = new Variable(before.retain());
        const kept = momentum === 1 ? old : ops.affine(old, momentum, 0);
        const sum = ops.add(kept, scaled);
        this.replaceGrad(sum.storage.retain());
        for (const made of [old, kept, sum]) made.releaseMemory();
      }
      scaled.releaseMemory();
    });
  }

  /** Forgets the gradient. */
  zeroGrad(): void {
    this.replaceGrad(undefined);
  }

  // ---- differentiation

  /**
   * Computes dThis/dLeaf for every leaf that requires it and adds it to the leaf's `grad`.
   *
   * @param grad dLoss/dThis, of this shape; may be left out for one element, and is 1 then.
   * @throws AutogradError without a seed for more than one element, without a graph, or on a released graph.
   */
  backward(grad?: Variable | VariableSource, { retainGraph = false }: BackwardOptions = {}): void {
    if (!this.tracked) {
      throw new AutogradError('backward() was called on a Variable that nothing differentiable led to', {
        path: this.name ?? 'Variable',
        hint: 'Give requiresGrad: true to what you want gradients of, and check that noGrad is not around the forward',
      });
    }
    const seed = this.#seed(grad);
    const wants = (leaf: Variable) => leaf.requiresGrad && leaf.node === null;
    const grads = runBackward({ root: this, seed, wants, retainGraph, createGraph: false, sum: ops.addAll });
    for (const [leaf, part] of grads) {
      leaf.accumulateGrad(part);
      part.releaseMemory();
    }
    if (seed !== grad) seed.releaseMemory();
  }

  #seed(grad: Variable | VariableSource | undefined): Variable {
    if (grad === undefined) {
      if (this.size !== 1) {
        throw new AutogradError('backward() of more than one element needs the gradient to start from', {
          path: this.name ?? 'Variable',
          expected: `a gradient of shape [${this.shape.join(', ')}]`,
          received: 'nothing',
          hint: 'Reduce to one number first, with sum() or mean(), or pass the gradient',
        });
      }
      return new Variable(new Float32Array([1]), { shape: this.shape });
    }
    const seed = grad instanceof Variable ? grad : new Variable(grad);
    if (seed.shape.join() === this.shape.join()) return seed;
    throw new ShapeError('The gradient given to backward() has another shape than the Variable', {
      path: this.name ?? 'Variable',
      expected: `[${this.shape.join(', ')}]`,
      received: `[${seed.shape.join(', ')}]`,
    });
  }

  /** The same values outside of the graph: gradients do not flow through it. */
  detach(): Variable {
    return new Variable(this.storage.retain());
  }

  // ---- memory

  /** Protects it from the scope or module call it was made in: it then lives until `dispose` or collection. */
  keep(): this {
    this.kept = true;
    return this;
  }

  /** Frees its memory now. Using it afterwards is an error; what the tape still needs stays with the tape. */
  dispose(): void {
    this.releaseMemory();
  }

  [Symbol.dispose](): void {
    this.releaseMemory();
  }

  /** @internal */
  releaseMemory(): void {
    this.#logical = dropView(this.#logical);
    this.#logicalGrad = dropView(this.#logicalGrad);
    this.#read = undefined;
    letGo(this.#holdings);
  }

  /** @internal */
  letGo(): void {
    this.releaseMemory();
  }

  /** @internal */
  leaveToCollector(): void {
    abandoned.register(this, this.#holdings);
  }

  /** @internal A new Variable over a storage; takes over one hold on it. */
  derive(storage: Storage): Variable {
    return new Variable(storage);
  }

  /** @internal A second handle on the same values at the same place in the graph. */
  alias(): Variable {
    return this.viewOf(this.storage);
  }

  /** @internal This place in the graph, with the values that an op saw then. */
  viewOf(saved: Storage): Variable {
    const view = new Variable(saved.retain());
    view.requiresGrad = this.requiresGrad;
    if (this.node) return view.link(this.node, this.slot);
    view.#leaf = this.leaf;
    return view;
  }

  /** @internal */
  link(node: GraphNode, slot: number): this {
    this.node = node;
    this.slot = slot;
    return this;
  }

  /** @internal The storage in a layout, held for the caller. Parameters move into it for good. */
  storageIn(layout: Layout): Storage {
    const { storage } = this;
    const converted = storage.inLayout(layout);
    if (converted !== storage && this.isParameter) this.replaceStorage(converted.retain());
    return converted;
  }

  // ---- arithmetic; every method is an op, broadcasting by NumPy's rules

  add(other: Variable | number): Variable {
    return typeof other === 'number' ? ops.affine(this, 1, other) : ops.add(this, other);
  }
  sub(other: Variable | number): Variable {
    return typeof other === 'number' ? ops.affine(this, 1, -other) : ops.sub(this, other);
  }
  mul(other: Variable | number): Variable {
    return typeof other === 'number' ? ops.affine(this, other, 0) : ops.mul(this, other);
  }
  div(other: Variable | number): Variable {
    return typeof other === 'number' ? ops.affine(this, 1 / other, 0) : ops.div(this, other);
  }
  neg(): Variable {
    return ops.affine(this, -1, 0);
  }
  /** This to the power of a number. */
  pow(exponent: number): Variable {
    return ops.pow(this, exponent);
  }
  exp(): Variable {
    return ops.exp(this);
  }
  log(): Variable {
    return ops.log(this);
  }
  sqrt(): Variable {
    return ops.sqrt(this);
  }
  square(): Variable {
    return ops.mul(this, this);
  }
  /** |x|; the subgradient at 0 is 0. */
  abs(): Variable {
    return ops.abs(this);
  }
  sigmoid(): Variable {
    return ops.sigmoid(this);
  }
  tanh(): Variable {
    return ops.tanh(this);
  }
  /** max(x, 0); the subgradient at 0 is 0. */
  relu(): Variable {
    return ops.relu(this);
  }
  /** The matrix product of [m, k] and [k, n]. */
  matmul(other: Variable): Variable {
    return ops.matmul(this, other);
  }
  /** Sum over the given axes, or over all. */
  sum(axes?: number | readonly number[], keepDims = false): Variable {
    return ops.sum(this, axes, keepDims);
  }
  /** Mean over the given axes, or over all. */
  mean(axes?: number | readonly number[], keepDims = false): Variable {
    return ops.mean(this, axes, keepDims);
  }
  /** The same values in another shape; one size may be -1 and is computed. */
  reshape(shape: readonly number[]): Variable {
    return ops.reshape(this, shape);
  }
  /** Axes in another order; reversed when no order is given. */
  transpose(order?: readonly number[]): Variable {
    return ops.transpose(this, order);
  }
  /** A block: `size[axis]` entries from `begin[axis]`; a size of -1 reaches to the end. */
  slice(begin: readonly number[], size: readonly number[]): Variable {
    return ops.slice(this, begin, size);
  }
}

/** A Variable that a module learns: requires a gradient, and lives until it is disposed. */
export function parameter(
  source: VariableSource,
  options: VariableOptions & { wc?: number; isParameter?: boolean } = {},
): Variable {
  const { wc = 0, ...rest } = options;
  const variable = new Variable(source, { requiresGrad: true, ...rest });
  variable.isParameter = true;
  variable.wc = wc;
  return variable.keep();
}

function renew(view: { of: Storage; view: Storage } | undefined, of: Storage) {
  if (view?.of === of) return view;
  dropView(view);
  return { of, view: of.inLayout('logical') };
}

function dropView(view: { of: Storage; view: Storage } | undefined): undefined {
  view?.view.release();
  return undefined;
}
