import { ContainerError, type AnyModule, type Data, type ShapeOf, type Variable } from '@tessera-nn/core';
import { aliasOf, isList, mapData } from '@tessera-nn/core/internal';
import type { Unrolling } from './container.js';
import { ModuleList, type WrittenList } from './module-list.js';

/**
 * Runs modules side by side: takes a list with one entry for each, and returns the list of what they give.
 *
 * Behind `Replicate` or `Split`, and before `Concat` or `Add`, it makes branches. An error of a module says at which index
 * it was and under which name.
 *
 * Shapes: one for each module. Source: PuzzleLib's `Parallel`.
 *
 * @example
 * const branches = new Parallel([new Linear(4, 2), new Linear(4, 3)]);
 * const net = new Sequential([new Replicate({ times: 2 }), branches, new Concat({ axis: 1 })]);
 * @throws ShapeError when the list has another length than there are modules.
 */
export class Parallel<
  Input extends readonly Data[] = readonly Variable[],
  Output extends readonly Data[] = readonly Variable[],
> extends ModuleList<Input, Output> {
  static override readonly className: string = 'Parallel';

  static fromModules({ order, ...options }: WrittenList, modules: Record<string, AnyModule>): Parallel {
    return new Parallel(options).filledFrom(modules, order);
  }

  override get takes() {
    return 'list' as const;
  }

  override get inplace(): boolean {
    return this.entries.some(({ module }) => module.inplace);
  }

  override get gradUsesOutData(): boolean {
    return this.entries.some(({ module }) => module.gradUsesOutData);
  }

  override get movesData(): boolean {
    return this.entries.every(({ module }) => module.movesData);
  }

  /**
   * A new Parallel over every `step`th module from `start` to before `stop`; they are shared, not copied.
   *
   * @throws ContainerError for a step that is not a whole number of at least 1.
   */
  slice(start = 0, stop = this.length, step = 1): Parallel {
    if (!Number.isInteger(step) || step < 1) {
      throw new ContainerError(`${this.label}: it cannot be cut in steps of ${step}`, {
        path: this.path,
        expected: 'a whole number of at least 1',
        received: String(step),
      });
    }
    const part = new Parallel(this.name === undefined ? {} : { name: this.name });
    part.entries.push(...this.entries.slice(start, stop).filter((_, place) => place % step === 0));
    return part;
  }

  // ---- running

  override dataShapeFrom(shapes: ShapeOf<Input>): ShapeOf<Output, number[]> {
    this.#checkCount(shapes.length);
    const after = this.#each(shapes, (module, shape) => module.shapeAfter(shape));
    return after as unknown as ShapeOf<Output, number[]>;
  }

  protected override checkData(data: Input): void {
    if (!isList(data)) this.shapeAfter((data as Variable).shape, false);
    this.#checkCount(data.length);
  }

  protected override updateData(data: Input): Output {
    // A module that works in place must not show its result in another entry that is the same Variable.
    const seen = new Set<Variable>();
    const own = mapData(data, (variable) => {
      const handle = seen.has(variable) ? aliasOf(variable) : variable;
      seen.add(variable);
      return handle;
    }) as readonly Data[];
    return this.#each(own, (module, part) => module.forward(part)) as unknown as Output;
  }

  override unrolled<Wire>(input: Wire, { place, entry, list }: Unrolling<Wire>): Wire | undefined {
    if (this.updateData !== Parallel.prototype.updateData) return undefined;
    return list(this.entries.map(({ module, key }, i) => place(module, key, entry(input, i))));
  }

  #each<Part, Result>(parts: readonly Part[], step: (module: AnyModule, part: Part) => Result): Result[] {
    return this.entries.map(({ module }, i) =>
      this.guarded(
        module,
        () => this.placeOf(i),
        () => step(module, parts[i]!),
      ),
    );
  }

  #checkCount(count: number): void {
    if (count === this.length) return;
    throw this.shapeError('it takes one input for each module', {
      expected: `a list of ${this.length}`,
      received: `a list of ${count}`,
      hint: 'Replicate gives one input several times, Split takes it apart',
    });
  }
}
