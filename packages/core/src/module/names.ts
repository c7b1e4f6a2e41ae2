import { checkVariables } from '../variable/new-variable.js';
import {
  isPlainObject,
  shownValue,
  DtypeError,
  ModuleError,
  didYouMean,
  ShapeError,
  shapeText,
} from '@tessera-nn/kernels';
import { Variable } from '../variable/variable.js';
import { isFrozen, markFrozen } from './freeze.js';
import { isPlainHolder } from './members.js';
import { isModule } from './module-tree.js';
import type { AnyModule } from './module.js';

type Kind = 'parameter' | 'buffer';

const isOfKind = (value: unknown, kind: Kind): value is Variable =>
  value instanceof Variable && value.isParameter === (kind === 'parameter');

/** The module at a dotted path. @throws ModuleError naming the nearest path. */
export function findModule(module: AnyModule, path: string): AnyModule {
  const [owner, rest] = ownerOf(module, path);
  if (rest === '') return owner;
  for (const [key, member] of owner.members()) if (key === rest && isModule(member)) return member;
  const known = [...module.namedModules()].map(([name]) => name);
  return unknown(module, 'module', path, known);
}

/** The parameter or buffer of a dotted name. @throws ModuleError naming the nearest. */
export function findVariable(module: AnyModule, kind: Kind, name: string): Variable {
  const value = placeOf(module, name)?.value;
  return isOfKind(value, kind) ? value : unknown(module, kind, name, namesOf(module, kind));
}

/** The parameter or buffer of a dotted name, undefined where there is none. */
export function variableAt(module: AnyModule, name: string): Variable | undefined {
  const value = placeOf(module, name)?.value;
  return value instanceof Variable ? value : undefined;
}

/**
 * Puts a Variable under a dotted name, in place of one of its kind or of nothing; only a buffer may be put where there was
 * no such name, so that a misspelt parameter is not made silently.
 *
 * @throws ModuleError when something else has that name, or the Variable was computed by an op: a parameter is a leaf.
 */
export function putVariable(module: AnyModule, kind: Kind, name: string, variable: Variable): void {
  const place = placeOf(module, name);
  const old = place?.value ?? undefined;
  const fits = place && (place.exists || kind === 'buffer') && (old === undefined || isOfKind(old, kind));
  if (!fits || place.key === '') unknown(module, kind, name, namesOf(module, kind));
  checkVariables([variable], kind === 'parameter' ? 'setVar' : 'setAttr');
  checkLeaf(place.owner.label, name, variable);
  if (old && kind === 'parameter') checkFits(place.owner.label, name, old, variable);
  if (!store(place, variable)) unknown(module, kind, name, namesOf(module, kind));
  if (old && kind === 'parameter') {
    variable.wc = old.wc;
    variable.constraint ??= old.constraint;
  }
  variable.isParameter = kind === 'parameter';
  variable.requiresGrad = variable.isParameter && (old?.requiresGrad ?? true);
  if (old && isFrozen(old)) markFrozen(variable);
  variable.keep();
}

/** Replaces parameters by their places in sorted order, wherever they are held: see `replaceParam`. */
export function replaceParameters(
  module: AnyModule,
  replacements: ReadonlyMap<number, Variable> | Record<number, Variable>,
  start: number,
): number {
  if (!isPlainObject(replacements) && !((replacements as unknown) instanceof Map)) {
    throw new ModuleError(`${module.label}: parameters are replaced by their places`, {
      path: module.path,
      expected: 'a Map or an object of Variables by place',
      received: shownValue(replacements),
    });
  }
  const own = [...module.namedParameters({ order: 'sorted' })];
  const wanted = replacements instanceof Map ? [...replacements] : Object.entries(replacements);
  const next = new Map(
    wanted.map(([place, variable]: [number | string, Variable]) => {
      const found = own[Number(place) - start];
      if (!found) {
        throw new ModuleError(`${module.label} has no parameter at place ${place}`, {
          path: module.path,
          expected: own.length ? `a place from ${start} to ${start + own.length - 1}` : 'no place at all',
          received: String(place),
        });
      }
      checkLeaf(module.label, found[0], variable);
      checkFits(module.label, found[0], found[1], variable);
      return [found[1], variable];
    }),
  );
  for (const owner of [...module.modules()]) {
    for (const [key, member] of [...owner.members()]) {
      const variable = next.get(member as Variable);
      if (variable) owner.setVar(key, variable);
    }
  }
  return own.length;
}

/** Where a dotted name leads: the module it lies in, and what holds it there under a key. */
interface Place {
  owner: AnyModule;
  holder: object;
  key: string;
  exists: boolean;
  value: unknown;
}

function placeOf(module: AnyModule, name: string): Place | undefined {
  const [owner, rest] = ownerOf(module, name);
  if (owner !== module) owner.checkBuilt(name.slice(0, -rest.length - 1));
  else owner.checkBuilt();
  const keys = rest.split('.');
  const key = keys.pop()!;
  let holder: object = owner;
  for (const step of keys) {
    const inner = lookUp(holder, step);
    if (!isPlainHolder(inner)) return undefined;
    holder = inner;
  }
  const exists = holder instanceof Map ? holder.has(key) : Reflect.has(holder, key);
  return { owner, holder, key, exists, value: lookUp(holder, key) };
}

/** The module that a dotted name reaches into, and the rest of the name. A module may be reached by several names. */
function ownerOf(module: AnyModule, name: string): [AnyModule, string] {
  if (typeof name !== 'string') {
    throw new ModuleError(`${module.label}: what it holds has names`, {
      path: module.path,
      expected: 'a string, such as "conv1.W"',
      received: shownValue(name),
    });
  }
  for (const [key, member] of module.members()) {
    if (isModule(member) && name.startsWith(`${key}.`)) return ownerOf(member, name.slice(key.length + 1));
  }
  return [module, name];
}

function lookUp(holder: object, key: string): unknown {
  return holder instanceof Map ? holder.get(key) : Reflect.get(holder, key);
}

function store({ holder, key }: Place, variable: Variable): boolean {
  if (!(holder instanceof Map)) return Reflect.set(holder, key, variable);
  holder.set(key, variable);
  return true;
}

/** @throws ModuleError for a Variable that was computed from others: gradients would flow on, and it would die with them. */
export function checkLeaf(label: string, path: string, variable: Variable): void {
  if (!variable.node) return;
  throw new ModuleError(`${label}: "${path.split('.').at(-1)}" cannot be the result of an op`, {
    path,
    expected: 'a Variable that was not computed from others',
    received: `the result of ${variable.node.describe()}`,
    hint: 'Pass variable.detach()',
  });
}

/** @throws ShapeError or DtypeError unless the Variable can stand where the old one stands. Changes nothing. */
export function checkFits(label: string, path: string, old: Variable, variable: Variable): void {
  const [expected, received] = [old, variable].map(({ shape }) => shapeText(shape)) as [string, string];
  const subject = `${label}: "${path.split('.').at(-1)}" cannot be replaced by a Variable of another`;
  if (expected !== received) throw new ShapeError(`${subject} shape`, { path, expected, received });
  if (old.dtype !== variable.dtype) {
    throw new DtypeError(`${subject} number type`, { path, expected: old.dtype, received: variable.dtype });
  }
}

function namesOf(module: AnyModule, kind: Kind): string[] {
  return [...module.namedTensors()].filter(([, variable]) => isOfKind(variable, kind)).map(([name]) => name);
}

function unknown(module: AnyModule, kind: Kind | 'module', name: string, known: string[]): never {
  throw new ModuleError(`${module.label} has no ${kind} "${name}"`, {
    path: module.path,
    expected: known.length ? `one of ${known.filter(Boolean).join(', ')}` : `no ${kind} at all`,
    received: `"${name}"`,
    hint: otherKind(module, kind, name) ?? didYouMean(name, known),
  });
}

/** What has the name, where it is of another kind than what was asked for. */
function otherKind(module: AnyModule, kind: Kind | 'module', name: string): string | undefined {
  const found = placeOf(module, name)?.value;
  if (isModule(found)) return 'It is a module: getSubmodule() returns it';
  if (!(found instanceof Variable) || kind === 'module') return undefined;
  return found.isParameter ? 'It is a parameter: getVar() returns it' : 'It is a buffer: getAttr() returns it';
}
