import { Node, Variable, type AnyModule, type AnyNode, type Dtype, type Parent } from '@tessera-nn/core';
import type { Node as FileNode, Tensor } from '../format/messages.js';
import { readTensor, type ExternalBytes, type FileTensor } from '../format/read-tensor.js';
import { OnnxError } from '../onnx-error.js';
import type { HostArray } from './host-array.js';
import { shapesAfter } from './shapes-after.js';
import { Constant, Flow, type OpenShape } from './value.js';

const INT32 = 2 ** 31;

/** Makes the nodes of the network, and the Variables of its weights: one for each, however many modules read it. */
export class NetworkBuilder {
  /** The first input. */
  source: Flow | undefined;
  readonly #names = new Set<string>();
  readonly #weights = new Map<HostArray, Variable>();
  readonly #reshaped = new Map<HostArray, Map<string, Constant>>();
  readonly #modules: AnyModule[] = [];

  #left: number;

  /** @param limit how many numbers may be computed while the file is read. */
  constructor(
    private readonly external: ExternalBytes,
    limit: number,
  ) {
    this.#left = limit;
  }

  /** @throws OnnxError when there is no room for so many numbers. */
  spend(count: number): void {
    this.#left -= count;
    if (this.#left >= 0) return;
    throw new OnnxError('The constants of the file are too large', {
      path: 'fromOnnx',
      received: `${count} numbers more`,
      hint: 'Pass a larger limit, if you trust the file',
    });
  }

  read(tensor: Tensor): FileTensor {
    return readTensor(tensor, this.external);
  }

  /** A name that no node has yet. Names of modules have no dots, and those of files none of these. */
  name(wanted: string): string {
    const plain = wanted.replace(/^[./]+|[./]+$/g, '').replace(/[./]+/g, '_') || 'node';
    let name = plain;
    for (let count = 2; this.#names.has(name); count++) name = `${plain}_${count}`;
    this.#names.add(name);
    return name;
  }

  /** Puts a constant into a module, in place of what it began with. */
  setWeight(module: AnyModule, name: string, { array, learns }: Constant): void {
    const old = module.namedTensors();
    const before = [...old].find(([key]) => key === name)?.[1];
    if (!before) throw new TypeError(`${module.label} has no "${name}"`);
    let variable = this.#weights.get(array);
    if (!variable) {
      variable = this.variableOf(array);
      this.#weights.set(array, variable);
    }
    if (before.isParameter) module.setVar(name, variable);
    else module.setAttr(name, variable);
    if (before.isParameter) variable.requiresGrad &&= learns;
    before.dispose();
  }

  /** The same numbers in another shape, which are one constant for all that ask for it. */
  reshaped(constant: Constant, shape: readonly number[]): Constant {
    if (String(shape) === String(constant.shape)) return constant;
    const known = this.#reshaped.get(constant.array) ?? new Map<string, Constant>();
    this.#reshaped.set(constant.array, known);
    const made = known.get(String(shape)) ?? new Constant({ ...constant.array, shape }, constant.learns);
    known.set(String(shape), made);
    return made;
  }

  /** Numbers of the host as a Variable. @throws RangeError */
  variableOf({ dtype, shape, values }: HostArray): Variable {
    const numbers = values as ArrayLike<number>;
    if (dtype === 'int32') {
      // What stands for the end of an axis, as 2^63 - 1 does, stays behind all ends.
      return new Variable(
        Int32Array.from(numbers, (value) => Math.max(-INT32, Math.min(INT32 - 1, value))),
        { shape, dtype },
      );
    }
    if (dtype === 'bool') return new Variable(Uint8Array.from(numbers), { shape, dtype });
    return new Variable(values instanceof Float32Array ? values : Float32Array.from(numbers), { shape, dtype });
  }

  /** A node of the network, and what it returns. */
  place(module: AnyModule, inputs: readonly Flow[], node: FileNode, dtype: Dtype): Flow[] {
    this.#modules.push(module);
    const name = this.name(node.name || node.output[0] || node.opType);
    module.name = name;
    const parents = inputs.map(({ node, slot }): Parent => (slot === undefined ? node : [node, slot]));
    const placed: AnyNode = new Node(module, parents, name);
    const shapes = this.#shapes(module, inputs);
    if (!shapes) return [new Flow(placed, undefined, undefined, dtype)];
    const isList = shapes.length > 1;
    return shapes.map((shape, slot) => new Flow(placed, isList ? slot : undefined, shape, dtype));
  }

  #shapes(module: AnyModule, inputs: readonly Flow[]): readonly OpenShape[] | undefined {
    const shapes = inputs.map(({ shape }) => shape);
    return shapes.every((shape) => shape !== undefined) ? shapesAfter(module, shapes) : undefined;
  }

  /** An input of the network. */
  input(name: string, shape: OpenShape | undefined, dtype: Dtype, module: AnyModule): Flow {
    this.#modules.push(module);
    const flow = new Flow(new Node(module, [], this.name(name)), undefined, shape, dtype);
    this.source ??= flow;
    return flow;
  }

  /** Gives back what was made for a file that is refused. */
  dispose(): void {
    for (const module of this.#modules) module.dispose();
    for (const variable of this.#weights.values()) variable.dispose();
  }
}
