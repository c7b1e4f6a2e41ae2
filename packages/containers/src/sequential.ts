import { ContainerError, type AnyModule, type Data, type ShapeOf, type Shapes, type Variable } from '@tessera-nn/core';
import { variablesIn } from '@tessera-nn/core/internal';
import { describe, type Entry, type Unrolling } from './container.js';
import { ModuleList, type WrittenList } from './module-list.js';

/**
 * Runs modules one after the other, each on the output of the one before; empty, it gives its input.
 *
 * An error of a module says at which index it was, under which name, and what came before it. A module that works in
 * place is refused behind one whose gradient needs its output. It takes what its first module takes and returns what its
 * last one gives: with a list at either end say so, as in `new Sequential<Variable, Variable[]>()`.
 *
 * Shapes: those of the modules. Source: PuzzleLib's, PyTorch's and Keras' `Sequential`.
 *
 * @example
 * const net = new Sequential('net').extend([new Conv2D(1, 8, 3), new Activation('relu'), new Flatten()]);
 * net.setVar('0.b', new Variable([0, 0, 0, 0, 0, 0, 0, 0]));
 */
export class Sequential<Input extends Data = Variable, Output extends Data = Variable> extends ModuleList<
  Input,
  Output
> {
  static override readonly className: string = 'Sequential';

  static fromModules({ order, ...options }: WrittenList, modules: Record<string, AnyModule>): Sequential {
    return new Sequential(options).filledFrom(modules, order);
  }

  override get takes() {
    return this.entries[0]?.module.takes ?? 'any';
  }

  override get inplace(): boolean {
    return this.entries.find(({ module }) => !module.movesData)?.module.inplace ?? false;
  }

  override get gradUsesOutData(): boolean {
    return [...this.entries].reverse().find(({ module }) => !module.movesData)?.module.gradUsesOutData ?? false;
  }

  override get movesData(): boolean {
    return this.entries.every(({ module }) => module.movesData);
  }

  /** A new Sequential over the modules from `start` to before `stop`; they are shared, not copied. */
  slice(start = 0, stop = this.length): Sequential {
    const part = new Sequential(this.name === undefined ? {} : { name: this.name });
    part.entries.push(...this.entries.slice(start, stop));
    return part;
  }

  // ---- running

  override dataShapeFrom(shape: ShapeOf<Input>): ShapeOf<Output, number[]> {
    let current: Shapes = Array.from(shape as readonly number[]);
    for (const [index, { module }] of this.entries.entries()) {
      current = this.#guardedAt(index, () => module.shapeAfter(current));
    }
    return current as ShapeOf<Output, number[]>;
  }

  protected override updateData(data: Input): Output {
    const given = new Set(variablesIn(data));
    let current: Data = data;
    for (const [index, { module }] of this.entries.entries()) {
      const next = this.#guardedAt(index, () => module.forward(current));
      // What only lay between two modules can go, unless a hook keeps it; the tape holds on to what the gradient needs.
      for (const between of variablesIn(current)) if (!given.has(between) && !between.kept) between.dispose();
      current = next;
    }
    return current as Output;
  }

  override unrolled<Wire>(input: Wire, { place }: Unrolling<Wire>): Wire | undefined {
    if (this.updateData !== Sequential.prototype.updateData) return undefined;
    return this.entries.reduce((wire, { module, key }) => place(module, key, wire), input);
  }

  #guardedAt<T>(index: number, step: () => T): T {
    const place = () => {
      const before = this.entries[index - 1];
      return this.placeOf(index) + (before ? `, after "${before.key}" (${describe(before.module)})` : '');
    };
    return this.guarded(this.entries[index]!.module, place, step);
  }

  /** Refuses a module that would write over the output of one before it whose gradient is computed from it. */
  protected override checkNeighbours(entries: readonly Entry[]): void {
    let maker: Entry | undefined;
    for (const entry of entries) {
      if (entry.module.inplace && maker?.module.gradUsesOutData) refusePair(this, maker, entry);
      if (!entry.module.movesData) maker = entry;
    }
  }
}

function refusePair(net: AnyModule, maker: Entry, writer: Entry): never {
  throw new ContainerError(
    `${net.label}: "${writer.key}" (${writer.module.className}) works in place on the output of "${maker.key}" ` +
      `(${maker.module.className}), whose gradient is computed from it`,
    { path: net.path, hint: `Build "${writer.key}" with inplace: false` },
  );
}
