import type { Tensor } from '@tensorflow/tfjs-core';
import {
  AutogradError,
  disposeSymbol,
  DtypeError,
  ReleasedError,
  sameShape,
  ShapeError,
  shapeText,
  sizeOf,
} from '@tessera-nn/kernels';
import { inspectSymbol } from '@tessera-nn/kernels/internal';
import { runBackward } from '../autograd/backward.js';
import { readBackwardOptions, type BackwardOptions } from '../autograd/backward-options.js';
import type { GraphNode } from '../autograd/graph-node.js';
import { gradHooksOf, type GradHook } from '../autograd/grad-hooks.js';
import type { Layout } from '../layout.js';
import { adopt, type Owned } from '../memory/frame.js';
import { Storage } from '../memory/storage.js';
import type { HookHandle } from '../hooks.js';
import { formatArray } from '../printing.js';
import { watchedSideEffects } from '../checkpoint/side-effects.js';
import { accumulate } from './accumulate.js';
import { nest, type Dtype, type HostValues, type NestedNumbers } from './array-data.js';
import { checkVariables, registerVariable } from './new-variable.js';
import { VariableMemory, leaveToCollector } from './variable-memory.js';
import { shown } from './shown-tensor.js';
import { Reading } from './reading.js';
import { UpdateSettings } from './update-settings.js';
import { readSource, variableOptions, type VariableOptions, type VariableSource } from './read-source.js';

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
 * console.log(await x.grad!.array()); // [ [ 2, 4 ], [ 6, 8 ] ]
 */
export class Variable extends UpdateSettings implements Owned {
  name: string | undefined;
  /** Whether `backward` gives it a gradient. */
  requiresGrad: boolean;

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
  /** Whether no scope or module call owns it. */
  #loose = false;
  readonly #memory = new VariableMemory();
  readonly #reading = new Reading();

  /**
   * @param source nested arrays, a typed array (with `shape`), a number, or a tensor, which stays the caller's.
   * @throws ShapeError when the numbers do not fill the shape.
   */
  constructor(source: VariableSource | Storage, given?: VariableOptions) {
    super();
    const options: VariableOptions = given === undefined ? {} : variableOptions.read(given);
    const { storage, values } = source instanceof Storage ? { storage: source } : readSource(source, options);
    this.#memory.values.replace(storage);
    if (values) this.#reading.remember(storage, values);
    this.shape = storage.shape;
    this.dtype = storage.tensor.dtype as Dtype;
    this.name = options.name;
    this.requiresGrad = options.requiresGrad ?? false;
    adopt(this);
  }

  // ---- what is in it

  /** The storage that kernels see. */
  get storage(): Storage {
    const { storage } = this.#memory.values;
    if (!storage) {
      const name = this.name ? `"${this.name}" ` : '';
      throw new ReleasedError(`The Variable ${name}${shapeText(this.shape)} was already released`, {
        path: this.name ?? 'Variable',
        hint: 'What is made inside a module call or a scope is freed with it: return it, or call keep() on it there',
      });
    }
    watchedSideEffects()?.noteRead(this);
    return storage;
  }

  get released(): boolean {
    const { values } = this.#memory;
    return values.parkedValues === undefined && values.storage === undefined;
  }

  /** The values as a tensor of the logical shape. It belongs to the Variable: do not dispose it. */
  get data(): Tensor {
    void this.storage; // refuses when it was released
    return shown(this.#memory.values.tensor!);
  }

  /**
   * dLoss/dVariable as a tensor of tfjs of the logical shape, or null before `backward`. It belongs to the Variable: read
   * it with `await x.grad.array()` or `data()`, show it with `x.grad.print()`, and compute with it as `new Variable(x.grad)`.
   */
  get grad(): Tensor | null {
    const { tensor } = this.#memory.grad;
    return tensor ? shown(tensor) : null;
  }

  /** The gradient as kernels see it. */
  get gradStorage(): Storage | undefined {
    return this.#memory.grad.storage;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
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
    return nest(await this.#readValues(), this.shape, this.dtype);
  }

  /** Reads the values as one flat array, in logical order. The array is the caller's to change. */
  async values(): Promise<HostValues> {
    return (await this.#readValues()).slice();
  }

  async #readValues(): Promise<HostValues> {
    const { parkedValues } = this.#memory.values;
    if (parkedValues) return parkedValues;
    const storage = this.storage.retain();
    try {
      const values = await this.#reading.read(storage);
      if (!this.node || this.node.released) this.settle();
      return values;
    } finally {
      storage.release();
    }
  }

  /** Reads the only value. @throws ShapeError when there are more. */
  async item(): Promise<number> {
    if (this.size !== 1) {
      throw new ShapeError('item() reads Variables of one element', {
        expected: 'one element',
        received: shapeText(this.shape),
        hint: 'Use values() or array()',
      });
    }
    return (await this.#readValues())[0]!;
  }

  /** Reads the values and writes them to the console as NumPy prints them. */
  async print(): Promise<void> {
    await this.#readValues();
    console.log(this.toString());
  }

  /**
   * The values as NumPy prints them. On WebGL, where reading would stall the page, only values that were read before
   * can be shown; until then the text names the Variable and says how to read it.
   */
  toString(): string {
    const { parkedValues } = this.#memory.values;
    if (parkedValues) return formatArray(parkedValues, this.shape, this.dtype);
    const values = this.#reading.readNow(this.storage);
    if (values) return formatArray(values, this.shape, this.dtype);
    const name = this.name ? `"${this.name}" ` : '';
    return `Variable ${name}${shapeText(this.shape)} ${this.dtype}, not read yet: await print() or values()`;
  }

  /** What Node's console shows. */
  [inspectSymbol](): string {
    return this.released ? `Variable ${shapeText(this.shape)} ${this.dtype}, released` : this.toString();
  }

  // ---- changing

  /** Takes over the values (and the gradient, when both have one) of another Variable of the same shape. */
  set(other: Variable): this {
    checkVariables([other], 'set');
    const subject = `Variable ${this.name === undefined ? '' : `"${this.name}" `}cannot take over values of another`;
    const [expected, received] = [this, other].map(({ shape, dtype }) => `${shapeText(shape)} ${dtype}`);
    const details = { path: this.name ?? 'Variable', expected: expected!, received: received! };
    if (!sameShape(this.shape, other.shape)) throw new ShapeError(`${subject} shape`, details);
    if (this.dtype !== other.dtype) throw new DtypeError(`${subject} number type`, details);
    this.replaceStorage(other.storage.retain());
    if (this.gradStorage && other.gradStorage) this.replaceGrad(other.gradStorage.retain());
    return this;
  }

  /** Puts new values in place; takes over one hold on the storage. */
  replaceStorage(storage: Storage): void {
    watchedSideEffects()?.noteChange(this, this.#memory.values.storage);
    if (!this.#reading.known(storage)) this.#reading.forget();
    this.#memory.values.replace(storage);
  }

  /** Puts a new gradient in place, or none; takes over one hold on the storage. */
  replaceGrad(grad: Storage | undefined): void {
    this.#memory.grad.replace(grad);
  }

  /** Adds to the gradient: grad = momentum grad + scale part. */
  accumulateGrad(part: Variable, factors: { scale?: number; momentum?: number } = {}): void {
    accumulate(this, part, factors);
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
   * @throws AutogradError without a seed for more than one element, without a graph, on a released graph, and for
   *   `createGraph`.
   */
  backward(grad?: Variable | VariableSource, options: BackwardOptions = {}): void {
    const { retainGraph } = readBackwardOptions(options);
    if (!this.tracked) {
      throw new AutogradError('backward() was called on a Variable that nothing differentiable led to', {
        path: this.name ?? 'Variable',
        hint: 'Give requiresGrad: true to what you want gradients of, and check that noGrad is not around the forward',
      });
    }
    const seed = this.seedFrom(grad, 'backward()');
    const wants = (leaf: Variable) => leaf.requiresGrad && leaf.node === null;
    const grads = runBackward({
      roots: [{ root: this, seed }],
      wants,
      retainGraph,
      createGraph: false,
    });
    for (const [leaf, part] of grads) {
      leaf.accumulateGrad(part);
      part.releaseMemory();
    }
    if (seed !== grad) seed.releaseMemory();
    if (!retainGraph) this.settle();
  }

  /** @internal The gradient that a backward pass starts from. */
  seedFrom(grad: Variable | VariableSource | undefined, caller: string): Variable {
    if (grad === undefined) {
      if (this.size !== 1) {
        throw new AutogradError(`${caller} of more than one element needs the gradient to start from`, {
          path: this.name ?? 'Variable',
          expected: `a gradient of shape ${shapeText(this.shape)}`,
          received: 'nothing',
          hint: 'Reduce to one number first, with sum() or mean(), or pass the gradient',
        });
      }
      return new Variable(new Float32Array([1]), { shape: this.shape });
    }
    const seed = grad instanceof Variable ? grad : new Variable(grad);
    if (sameShape(seed.shape, this.shape)) return seed;
    throw new ShapeError(`The gradient given to ${caller} has another shape than the Variable`, {
      path: this.name ?? 'Variable',
      expected: shapeText(this.shape),
      received: shapeText(seed.shape),
    });
  }

  /**
   * Calls a function with dLoss/dThis whenever `backward` computes it, summed over all uses; what it returns takes the
   * gradient's place. Source: PyTorch's `Tensor.register_hook`.
   *
   * @throws AutogradError where no gradient will come; `backward` throws a ModuleError when the hook returns a Promise.
   */
  registerHook(hook: GradHook): HookHandle {
    return gradHooksOf(this).add(hook);
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
  [disposeSymbol](): void {
    this.releaseMemory();
  }

  /** @internal */
  releaseMemory(): void {
    this.#reading.forget();
    this.#memory.release();
  }

  /** @internal */
  leaveToCollector(): void {
    this.#loose = true;
    leaveToCollector(this, this.#memory);
  }

  /**
   * @internal Called when the graph around it was differentiated, or when it was read. Nobody but the collector knows
   * whether the user still holds what was made outside of any scope; so its values move to the host, where they are
   * ordinary garbage, and loops written by hand hold no more tensors after a thousand steps than after two. On a GPU that
   * needs values that were read before: nothing is read back for it.
   */
  settle(): void {
    if (!this.#loose || this.kept || this.requiresGrad) return;
    const storage = this.#memory.values.toPark;
    if (!storage) return;
    const values = this.#reading.readNow(storage);
    if (values) this.#memory.values.park(values, this.dtype);
    this.#reading.forget();
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
    if (converted !== storage && this.isParameter) {
      const values = this.#reading.known(storage);
      if (values) this.#reading.remember(converted, values); // the same in logical order
      this.#memory.values.replace(converted.retain());
    }
    return converted;
  }
}

registerVariable(Variable);
