import { checkMethods, checkShapes, synchronousOutput } from './check-module.js';
import {
  AutogradError,
  DtypeError,
  ShapeError,
  shapeText,
  TesseraError,
  type ErrorDetails,
  type Shapes,
} from '@tessera-nn/kernels';
import { inspectSymbol, inSpan } from '@tessera-nn/kernels/internal';
import { runBackward } from '../autograd/backward.js';
import type { HookHandle } from '../hooks.js';
import { currentFrame, inFrame, type Owned } from '../memory/frame.js';
import { Variable } from '../variable/variable.js';
import type { Dtype } from '../variable/array-data.js';
import type { Blueprint } from './blueprint.js';
import { builtTogether } from './build.js';
import { ModuleCall } from './call.js';
import {
  apart,
  isList,
  isShapeList,
  mapData,
  readData,
  shapeOf,
  variablesGiven,
  variablesIn,
  type Data,
  type GradOf,
  type ShapeOf,
  type SourceOf,
} from './data.js';
import { checkHeld } from './held.js';
import { CallHooks, type BackwardHook, type ForwardHook, type ForwardPreHook } from './call-hooks.js';
import { LegacyNames } from './legacy-names.js';
import { moduleText } from './module-text.js';
import { backwardOptions, moduleOptions, type ModuleBackwardOptions, type ModuleOptions } from './module-options.js';
import { Node, type Parent } from './node.js';
import { optimizeForShape, type ShapeOptions } from './optimize-for-shape.js';
import { askShape, guardShapeRule } from './shape-rule.js';
import { summaryOf } from './summary.js';
import { sharedNames, withoutUndefined } from './write-blueprint.js';

/**
 * A part of a network: parameters and a function of its input.
 *
 * A subclass declares `static readonly className`, builds its parameters in the constructor, checks shapes in
 * `dataShapeFrom` and computes in `updateData` with ops and other modules; gradients follow from the ops. Parameters,
 * buffers and child modules are found in its fields.
 *
 * A module takes one Variable and returns one, unless it says otherwise: `Module<Variable[], Variable>` takes a list, and
 * says so also in `takes`.
 *
 * @example
 * class Scale extends Module {
 *   static override readonly className = 'Scale';
 *   readonly factor = parameter([1]);
 *   override dataShapeFrom(shape: readonly number[]) { return [...shape]; }
 *   override updateData(x: Variable) { return x.mul(this.factor); }
 * }
 */
export abstract class Module<Input extends Data = Variable, Output extends Data = Variable> extends LegacyNames {
  /** The name in blueprints, files and messages; bundlers may rename the class itself. */
  static readonly className: string = 'Module';

  name: string | undefined;

  readonly #hooks = new CallHooks<Input, Output>(this);
  #blueprint: Record<string, unknown>;
  #inData: Input | null = null;
  #data: Output | null = null;
  #grad: GradOf<Input> | null = null;

  /**
   * @param options the name, alone or as an option.
   * @param blueprint the options this module can be rebuilt from: for modules with more than a name.
   * @throws ValueError without a blueprint, for options that would get lost.
   */
  constructor(options: ModuleOptions | string = {}, blueprint?: object) {
    super();
    guardShapeRule(this);
    const { name } = blueprint ? (options as ModuleOptions) : moduleOptions.arguments([options], this.className);
    this.name = name;
    this.#blueprint = withoutUndefined({ name, ...blueprint });
  }

  get className(): string {
    return (this.constructor as typeof Module).className;
  }

  // ---- running

  /** The shape that comes out for an input shape; of lists, the shapes. @throws ShapeError for an input that does not fit. */
  abstract dataShapeFrom(shape: ShapeOf<Input>): ShapeOf<Output, number[]>;

  /** Computes the output from a checked input. */
  protected abstract updateData(data: Input): Output;

  /** Whether the input is one Variable, a list, or whatever comes. */
  get takes(): 'variable' | 'list' | 'any' {
    return 'variable';
  }

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
   * Runs the module on a Variable, tensor or nested array and gives its output. A list is an array with a Variable or a
   * tensor in it.
   *
   * Checks number type and shape first. What is made on the way is freed, except what the gradient needs. The last
   * input and output stay readable as `inData` and `data`, as long as their own owners keep them.
   *
   * @throws ShapeError, DtypeError or ModuleError with the module's path; ModuleError when it runs inside a module that
   *   does not hold it, or whose parts do not.
   */
  forward(data: SourceOf<Input>): Output {
    const call = new ModuleCall(this, currentFrame()?.call as ModuleCall | undefined);
    return inSpan('module', this.className, () => this.#run(data, call), call);
  }

  #run(data: SourceOf<Input>, call: ModuleCall): Output {
    checkMethods(this);
    checkHeld(this, call.outer);
    this.reset(); // a forward that fails must leave nothing for backward()
    let given!: Input;
    const run = () => {
      given = this.#read(data);
      const input = this.#hooks.inputFor(given);
      this.checkData(input);
      return this.#hooks.run(input, (checked) => apart(synchronousOutput(this.updateData(checked), this), checked));
    };
    const results = (output: Output) => new Set<Owned>(variablesIn(output));
    const output = builtTogether(() => inFrame(run, results, { call, keepTape: true }));
    this.#inData = given; // what hooks replaced is behind this on the tape, so that backward() reaches the caller's
    this.#data = output;
    if (!call.outer && variablesIn(output).every(({ node }) => !node)) {
      for (const variable of variablesIn(given)) variable.settle();
    }
    return output;
  }

  #read(data: SourceOf<Input>): Input {
    // Alone an empty array does not say whether it is a list; where one is wanted it is not a batch of size 0.
    const isEmptyList = this.takes === 'list' && Array.isArray(data) && data.length === 0;
    try {
      return (isEmptyList ? [] : readData(data)) as Input;
    } catch (error) {
      throw error instanceof TesseraError ? error.within(`${this.label}, its input`) : error;
    }
  }

  /**
   * PuzzleLib's explicit style: differentiates the last `forward` from the gradient of its output. The gradient of the
   * input is `grad` afterwards, the parameters' are in the parameters. `loss.backward()` does the same for a whole graph.
   *
   * @throws AutogradError when there was no recorded forward.
   */
  backward(grad?: SourceOf<Output>, options: ModuleBackwardOptions = {}): void {
    const { updParamGrads, updGrad, scale, momentum = this.defaultMomentum } = backwardOptions.read(options);
    const [inputs, outputs] = [this.#inData, this.#data].map((data) => (data ? variablesIn(data) : []));
    const places = new Set(inputs!.map(({ leaf }) => leaf));
    // Without a node it must be an input itself, given through; else nothing was recorded.
    const isRecorded = ({ node, leaf }: Variable) => node !== null || places.has(leaf);
    if (!outputs!.some(isRecorded)) {
      throw new AutogradError(`${this.label}: backward() needs a recorded forward() before it`, {
        path: this.path,
        hint: 'Call forward() first, outside of noGrad',
      });
    }
    const seeds = this.#seedsFrom(grad);
    const learns = updParamGrads && this.training;
    const wants = (leaf: Variable) => (places.has(leaf) ? updGrad : learns && leaf.requiresGrad && leaf.node === null);
    const grads = runBackward({
      roots: outputs!.map((root, i) => ({ root, seed: seeds[i]! })).filter(({ root }) => isRecorded(root)),
      wants,
      stopAt: inputs!,
      retainGraph: false,
      createGraph: false,
    });
    this.#grad = updGrad ? (mapData(this.#inData!, ({ leaf }) => grads.get(leaf) ?? null) as GradOf<Input>) : null;
    for (const [leaf, part] of grads) {
      if (learns && leaf.requiresGrad && leaf.node === null) leaf.accumulateGrad(part, { scale, momentum });
      if (!updGrad || !places.has(leaf)) part.releaseMemory();
    }
    const given = grad === undefined ? [] : variablesGiven(grad);
    for (const seed of seeds) if (!given.includes(seed)) seed.releaseMemory();
  }

  /** The gradients of the outputs that a backward pass starts from. */
  #seedsFrom(grad: SourceOf<Output> | undefined): Variable[] {
    const output = this.#data!;
    const expected = shapeText(shapeOf(output));
    const given = grad === undefined ? undefined : readData(grad);
    if (given && shapeText(shapeOf(given)) === expected) return variablesIn(given);
    if (!given && !isList(output) && output.size === 1)
      return [new Variable(new Float32Array([1]), { shape: output.shape })];
    throw new ShapeError(`${this.label}: backward() needs a gradient of the output's shape`, {
      path: this.path,
      expected,
      received: given ? shapeText(shapeOf(given)) : 'nothing',
    });
  }

  /** Factor on old parameter gradients in `backward`, where none is given. */
  protected get defaultMomentum(): number {
    return 0;
  }

  /** The last input. */
  get inData(): Input | null {
    return this.#inData;
  }

  /** The last output. */
  get data(): Output | null {
    return this.#data;
  }

  /** The gradient of the last input, after `backward`; in a list it is null where nothing came back. */
  get grad(): GradOf<Input> | null {
    return this.#grad;
  }

  /** Forgets the last input, output and gradient. */
  reset(): this {
    this.#inData = this.#data = this.#grad = null;
    return this;
  }

  // ---- hooks

  /** Calls a function with the input of each `forward`, before it is checked. */
  registerForwardPreHook(hook: ForwardPreHook<Input>): HookHandle {
    return this.#hooks.addForwardPre(hook);
  }

  /** Calls a function with the input, after the pre-hooks, and the output of each `forward`. */
  registerForwardHook(hook: ForwardHook<Input, Output>): HookHandle {
    return this.#hooks.addForward(hook);
  }

  /** Calls a function whenever a gradient has passed back through a call made while there was such a hook. */
  registerBackwardHook(hook: BackwardHook<Input, Output>): HookHandle {
    return this.#hooks.addBackward(hook);
  }

  // ---- leaving

  /** What the module can be rebuilt from with `fromBlueprint`, as plain data; weights are not part of it. */
  getBlueprint(): Blueprint {
    const shared = sharedNames(this);
    const options = withoutUndefined({ ...this.#blueprint, ...this.foundSize, name: this.name });
    return { className: this.className, options, ...(shared ? { shared } : {}) };
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

  /** @throws ShapeError or DtypeError for what the module cannot take. */
  protected checkData(data: Input): void {
    const parts = variablesIn(data);
    for (const { dtype } of parts) this.checkDataType(dtype);
    const empty = parts.find(({ shape }) => shape.includes(0));
    if (empty) {
      throw this.shapeError(`input ${shapeText(empty.shape)} is empty`, {
        expected: 'at least one sample, and no axis of size 0',
        received: shapeText(empty.shape),
        hint: 'Leave empty batches out',
      });
    }
    this.shapeAfter(shapeOf(data), isList(data));
  }

  /**
   * What `dataShapeFrom` says, for shapes of which it is not known whether they fit the module's kind of input.
   *
   * @throws ShapeError when a list came for one Variable, or one Variable for a list, and where `dataShapeFrom` does.
   */
  shapeAfter(shape: Shapes, given?: boolean): ShapeOf<Output, number[]> {
    checkShapes(shape, this);
    const list = given ?? isShapeList(shape);
    if (this.takes !== 'any' && list !== (this.takes === 'list')) {
      throw this.shapeError(list ? 'it takes one Variable' : 'it takes a list', {
        expected: list ? 'a single input' : 'a list of inputs',
        received: `${list ? `a list of ${shape.length}` : 'one input'}, ${shapeText(shape)}`,
        hint: list
          ? 'Join them with Concat or Add, or give each to a module of its own with Parallel; of a node, [node, 0] is one ' +
            'entry; a module of yours that takes a list says so in `takes`'
          : 'Give an array of Variables; in a graph, give the node several parents',
      });
    }
    const rule = (whole: Shapes) => this.dataShapeFrom(whole as ShapeOf<Input>);
    return askShape(this, shape, rule) as ShapeOf<Output, number[]>;
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
    return this.built || this.sizeOption === undefined ? '' : `${this.sizeOption}=?`;
  }

  /** The module with everything in it, laid out as PyTorch prints modules. */
  toString(): string {
    return moduleText(this);
  }

  /** What Node's console shows. */
  [inspectSymbol](): string {
    return this.toString();
  }

  /**
   * A table of everything in the module with output shapes and parameter counts, for an input of a shape, batch included.
   * Nothing is computed: shapes come from `dataShapeFrom`, and are missing for modules that it does not ask.
   *
   * @throws ShapeError when an input of that shape does not fit.
   */
  summary(inputShape: ShapeOf<Input>): string {
    return summaryOf(this, inputShape);
  }

  /**
   * Compiles what inputs of this shape need on WebGL, a program at a time, so that the page stays alive: the forward pass,
   * in train mode the backward pass, and with `cost`, `target` and `optimizer` a whole training step. Nothing changes,
   * but gradients are dropped and the cost counts anew. Does nothing on other backends.
   *
   * @returns how many programs were compiled. Throws what `forward` throws.
   */
  optimizeForShape(shape: ShapeOf<Input>, options?: ShapeOptions<Output>): Promise<number> {
    return optimizeForShape(this, shape, options);
  }

  // ---- in graphs

  /**
   * Puts the module into a graph, behind other nodes: see `Node` for what parents can be. PuzzleLib's `node`.
   *
   * @throws ContainerError for parents that are none.
   */
  node(...parents: readonly Parent[]): Node<Input, Output> {
    return new Node(this, parents);
  }
}

/** A module with any kind of input and output. */
export type AnyModule = Module<Data, Data>;
