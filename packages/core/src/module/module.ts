import { AutogradError, DtypeError, ShapeError, type ErrorDetails } from '@tessera/kernels';
import { runBackward } from '../autograd/backward.js';
import { compound, currentFrame } from '../memory/frame.js';
import { addAll } from '../ops/index.js';
import type { VariableSource } from '../variable/read-source.js';
import { Variable } from '../variable/variable.js';
import type { Dtype } from '../variable/array-data.js';
import { ModuleCall } from './call.js';
import { ModuleHooks } from './module-hooks.js';
import { moduleText } from './module-text.js';
import { optimizeForShape, type ShapeOptions } from './optimize-for-shape.js';
import { summaryOf } from './summary.js';
import { sharedNames } from './write-blueprint.js';

/** Options every module has. */
export interface ModuleOptions {
  /** How containers and messages call it; unique within its container. */
  name?: string | undefined;
}

/** What `backward` of a module may be told, with PuzzleLib's names. */
export interface ModuleBackwardOptions {
  /** Whether parameters get gradients; they do in train mode only. Default true. */
  updParamGrads?: boolean;
  /** Whether the input gets a gradient, read from `module.grad`. Default true. */
  updGrad?: boolean;
  /** Factor on the new parameter gradients. Default 1. */
  scale?: number;
  /** Factor on the old ones: grad = scale new + momentum old. Default 0 for a module, 1 for a container. */
  momentum?: number;
}

/** The constructor options a module can be rebuilt from, as plain data. */
export interface Blueprint {
  className: string;
  options: Record<string, unknown>;
  /** What a container holds, by name. */
  modules?: Record<string, Blueprint>;
  /** The path, from the outermost module, of the place where this module came before; its options stand there. */
  sameAs?: string;
  /** At the outermost module: further names of shared Variables, each with the name that comes first. */
  shared?: Record<string, string>;
}

/**
 * A part of a network: parameters and a function of its input.
 *
 * A subclass declares `static readonly className`, builds its parameters in the constructor, checks shapes in
 * `dataShapeFrom` and computes in `updateData` with ops and other modules; gradients follow from the ops. Parameters,
 * buffers and child modules are found in its fields.
 *
 * @example
 * class Scale extends Module {
 *   static override readonly className = 'Scale';
 *   readonly factor = parameter([1]);
 *   override dataShapeFrom(shape: readonly number[]) { return [...shape]; }
 *   override updateData(x: Variable) { return x.mul(this.factor); }
 * }
 */
export abstract class Module extends ModuleHooks {
  /** The name in blueprints, files and messages; bundlers may rename the class itself. */
  static readonly className: string = 'Module';

  name: string | undefined;

  #blueprint: Record<string, unknown>;
  #inData: Variable | null = null;
  #data: Variable | null = null;
  #grad: Variable | null = null;

  /** @param blueprint the options this module can be rebuilt from. */
  constructor({ name }: ModuleOptions = {}, blueprint: Record<string, unknown> = {}) {
    super();
    this.name = name;
    this.#blueprint = { ...(name === undefined ? {} : { name }), ...blueprint };
  }

  get className(): string {
    return (this.constructor as typeof Module).className;
  }

  // ---- running

  /** The shape that comes out for an input shape. @throws ShapeError when such an input does not fit. */
  abstract dataShapeFrom(shape: readonly number[]): number[];

  /** Computes the output from a checked input. */
  protected abstract updateData(data: Variable): Variable;

  /** Whether the result may overwrite the input, as PuzzleLib's `inplace`. */
  get inplace(): boolean {
    return false;
  }

  /** Whether the gradient is computed from the output, which an in-place module after this one would destroy. */
  get gradUsesOutData(): boolean {
    return false;
  }

  /** Whether the output shares the input's memory. */
  get movesData(): boolean {
    return false;
  }

  /**
   * Runs the module on a Variable, tensor or nested array and gives its output.
   *
   * Checks number type and shape first. What is made on the way is freed, except what the gradient needs. The last
   * input and output stay readable as `inData` and `data`, as long as their own owners keep them.
   *
   * @throws ShapeError, DtypeError or ModuleError with the module's path.
   */
  forward(data: Variable | VariableSource): Variable {
    const call = new ModuleCall(this, currentFrame()?.call as ModuleCall | undefined);
    this.reset(); // a forward that fails must leave nothing for backward()
    let given: Variable | null = null;
    const output = compound(() => {
      given = data instanceof Variable ? data : new Variable(data);
      const input = this.hookedInput(given);
      this.checkDataType(input.dtype);
      this.checkDataShape(input.shape);
      return this.runHooked(input, (checked) => {
        const result = this.updateData(checked);
        return result === checked ? result.alias() : result;
      });
    }, call);
    this.#inData = given; // what hooks replaced is behind this on the tape, so that backward() reaches the caller's
    this.#data = output;
    if (!call.outer && !output.node && data instanceof Variable) data.settle();
    return output;
  }

  /**
   * PuzzleLib's explicit style: differentiates the last `forward` from the gradient of its output. The gradient of the
   * input is `grad` afterwards, the parameters' are in the parameters. `loss.backward()` does the same for a whole graph.
   *
   * @throws AutogradError when there was no recorded forward.
   */
  backward(grad?: Variable | VariableSource, options: ModuleBackwardOptions = {}): void {
    const { updParamGrads = true, updGrad = true, scale = 1, momentum = this.defaultMomentum } = options;
    const root = this.#data;
    const input = this.#inData;
    // Without a node it must be the input itself, given through; else nothing was recorded.
    if (!input || !root || !(root.node || root.leaf === input.leaf)) {
      throw new AutogradError(`${this.label}: backward() needs a recorded forward() before it`, {
        path: this.path,
        hint: 'Call forward() first, outside of noGrad',
      });
    }
    const given = grad === undefined ? undefined : grad instanceof Variable ? grad : new Variable(grad);
    const seed = given ?? new Variable(new Float32Array(root.size).fill(1), { shape: root.shape });
    if (seed.shape.join() !== root.shape.join() || (!given && root.size !== 1)) {
      throw new ShapeError(`${this.label}: backward() needs a gradient of the output's shape`, {
        path: this.path,
        expected: `[${root.shape.join(', ')}]`,
        received: given ? `[${seed.shape.join(', ')}]` : 'nothing',
      });
    }
    const learns = updParamGrads && this.training;
    const wants = (leaf: Variable) =>
      (updGrad && leaf === input.leaf) || (learns && leaf.requiresGrad && leaf.node === null);
    const grads = runBackward({
      root,
      seed,
      wants,
      stopAt: [input],
      retainGraph: false,
      createGraph: false,
      sum: addAll,
    });
    this.#grad = (updGrad && grads.get(input.leaf)) || null;
    for (const [leaf, part] of grads) {
      if (learns && leaf.requiresGrad && leaf.node === null) leaf.accumulateGrad(part, { scale, momentum });
      if (part !== this.#grad) part.releaseMemory();
    }
    if (seed !== grad) seed.releaseMemory();
  }

  /** Factor on old parameter gradients in `backward`, where none is given. */
  protected get defaultMomentum(): number {
    return 0;
  }

  /** The last input. */
  get inData(): Variable | null {
    return this.#inData;
  }

  /** The last output. */
  get data(): Variable | null {
    return this.#data;
  }

  /** The gradient of the last input, after `backward`. */
  get grad(): Variable | null {
    return this.#grad;
  }

  /** Forgets the last input, output and gradient. */
  reset(): this {
    this.#inData = this.#data = this.#grad = null;
    return this;
  }

  // ---- leaving

  /** What the module can be rebuilt from with `fromBlueprint`, as plain data; weights are not part of it. */
  getBlueprint(): Blueprint {
    const shared = sharedNames(this);
    return { className: this.className, options: { ...this.#blueprint }, ...(shared ? { shared } : {}) };
  }

  /** The blueprint, for JSON.stringify. */
  toJSON(): Blueprint {
    return this.getBlueprint();
  }

  // ---- messages and printing

  /** The dotted path in the call that runs now, else the name or class. */
  get path(): string {
    const call = currentFrame()?.call;
    return call instanceof ModuleCall && call.module === this ? call.describe() : (this.name ?? this.className);
  }

  /** Class and path, as messages begin: `Conv2D "net.conv1"`. */
  get label(): string {
    const { path } = this;
    return path === this.className ? path : `${this.className} "${path}"`;
  }

  /** A ShapeError about this module. */
  protected shapeError(problem: string, details: ErrorDetails = {}): ShapeError {
    return new ShapeError(`${this.label}: ${problem}`, { path: this.path, ...details });
  }

  protected checkDataShape(shape: readonly number[]): void {
    if (shape.includes(0)) {
      throw this.shapeError(`input [${shape.join(', ')}] is empty`, {
        expected: 'at least one sample, and no axis of size 0',
        received: `[${shape.join(', ')}]`,
        hint: 'Leave empty batches out',
      });
    }
    this.dataShapeFrom(shape);
  }

  protected checkDataType(dtype: Dtype): void {
    if (this.acceptedDtypes.includes(dtype)) return;
    throw new DtypeError(`${this.label}: the input has the wrong number type`, {
      path: this.path,
      expected: this.acceptedDtypes.join(' or '),
      received: dtype,
    });
  }

  /** The options worth printing, as in `1, 16, size=3`. */
  extraRepr(): string {
    return '';
  }

  /** The module with everything in it, laid out as PyTorch prints modules. */
  toString(): string {
    return moduleText(this);
  }

  /** What Node's console shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /**
   * A table of everything in the module with output shapes and parameter counts, for an input of a shape, batch included.
   * Nothing is computed: shapes come from `dataShapeFrom`, and are missing for modules that it does not ask.
   *
   * @throws ShapeError when an input of that shape does not fit.
   */
  summary(inputShape: readonly number[]): string {
    return summaryOf(this, inputShape);
  }

  /**
   * Compiles what inputs of this shape need on WebGL, a program at a time, so that the page stays alive: the forward pass,
   * in train mode the backward pass, and with `cost`, `target` and `optimizer` a whole training step. Nothing changes,
   * but gradients are dropped and the cost counts anew. Does nothing on other backends.
   *
   * @returns how many programs were compiled. Throws what `forward` throws.
   */
  optimizeForShape(shape: readonly number[], options?: ShapeOptions): Promise<number> {
    return optimizeForShape(this, shape, options);
  }
}
