import { ModuleError } from '@tessera-nn/kernels';
import type { VariableSource } from '../variable/read-source.js';
import { Variable } from '../variable/variable.js';
import { ModuleTree } from './module-tree.js';
import type { AnyModule } from './module.js';
import { checkFits, checkLeaf, findModule, findVariable, putVariable, variableAt } from './names.js';

/** What a module holds, by dotted name. Every name that leads somewhere works, also the second one of something shared. */
export abstract class ModuleNames extends ModuleTree {
  get #self(): AnyModule {
    return this as unknown as AnyModule;
  }

  /** The module at a dotted path; the empty one is this module. @throws ModuleError naming the nearest path. */
  getSubmodule(path: string): AnyModule {
    return findModule(this.#self, path);
  }

  /** The parameter of that name; dotted names reach into children. @throws ModuleError naming the nearest. */
  getVar(name: string): Variable {
    return findVariable(this.#self, 'parameter', name);
  }

  /**
   * Puts a Variable in place of a parameter, or in a field that is declared and still empty; dotted names reach into
   * children. It keeps the old one's weight-decay factor and constraint, and whether it learns.
   *
   * @throws ShapeError when the shapes differ, DtypeError when the number types do, ModuleError when the module has no such
   * parameter, naming the nearest.
   */
  setVar(name: string, variable: Variable): this {
    putVariable(this.#self, 'parameter', name, variable);
    return this;
  }

  /** The buffer of that name. @throws ModuleError naming the nearest. */
  getAttr(name: string): Variable {
    return findVariable(this.#self, 'buffer', name);
  }

  /**
   * Stores a buffer: a tensor that is saved with the module but not learned.
   *
   * @throws ModuleError when the module holds something else under that name.
   */
  setAttr(name: string, value: Variable | VariableSource): this {
    putVariable(this.#self, 'buffer', name, value instanceof Variable ? value : new Variable(value));
    return this;
  }

  /** Whether there is a buffer of that name, be it the first or a second one. */
  hasAttr(name: string): boolean {
    return variableAt(this.#self, name)?.isParameter === false;
  }

  /**
   * Replaces parameters by their places, counted in sorted order from `start`; a shared one everywhere it is held.
   * MegEngine's deprecated way, kept for its users: `setVar` says what it replaces.
   *
   * @returns how many parameters were counted.
   * @throws ModuleError for a place that is none, ShapeError or DtypeError for a Variable that does not fit; nothing is
   * replaced then.
   */
  replaceParam(replacements: ReadonlyMap<number, Variable> | Record<number, Variable>, start = 0): number {
    const own = [...this.namedParameters({ order: 'sorted' })];
    const wanted = replacements instanceof Map ? [...replacements] : Object.entries(replacements);
    const plan = wanted.map(([place, variable]: [number | string, Variable]) => {
      const index = Number(place) - start;
      const found = own[index];
      if (!found) {
        throw new ModuleError(`${this.#self.label} has no parameter at place ${place}`, {
          path: this.#self.path,
          expected: own.length ? `a place from ${start} to ${start + own.length - 1}` : 'no place at all',
          received: String(place),
        });
      }
      checkLeaf(this.#self.label, found[0], variable);
      checkFits(this.#self.label, found[0], found[1], variable);
      return [found[1], variable] as const;
    });
    const next = new Map(plan);
    for (const module of [...this.modules()]) {
      for (const [key, member] of [...module.members()]) {
        const variable = next.get(member as Variable);
        if (variable) module.setVar(key, variable);
      }
    }
    return own.length;
  }
}
