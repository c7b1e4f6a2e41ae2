import { ModuleError } from '@tessera-nn/kernels';

/**
 * In which order members are visited: as they were defined, or by name with everything in a module right behind it, which
 * is MegEngine's order.
 */
export type MemberOrder = 'definition' | 'sorted';

/** What an object holds, by key. */
export type Fields = Iterable<readonly [unknown, unknown]>;

/**
 * The members among what an object holds; also inside arrays, Maps and plain objects, with keys such as `blocks.0` and
 * `heads.left`. Sorted, keys are compared by code unit, and the places of arrays by number.
 *
 * @throws ModuleError for a member whose key is empty, has a dot in it, or is not a string or number: no path could name it.
 */
export function membersOf<Member>(
  fields: Fields,
  isMember: (value: unknown) => value is Member,
  order: MemberOrder = 'definition',
): Iterable<[string, Member]> {
  return visit(order === 'sorted' ? sorted(fields) : fields, { isMember, order, seen: new Set() }, '', undefined);
}

interface Visit<Member> {
  readonly isMember: (value: unknown) => value is Member;
  readonly order: MemberOrder;
  readonly seen: Set<object>;
}

function* visit<Member>(
  fields: Fields,
  visiting: Visit<Member>,
  prefix: string,
  badBefore: unknown,
): Iterable<[string, Member]> {
  for (const [key, value] of fields) {
    const path = prefix + String(key);
    // A bad key matters only if there is a member behind it.
    const bad = badBefore ?? (isNamingKey(key) ? undefined : { key });
    if (visiting.isMember(value)) {
      if (bad) refuseKey(path);
      yield [path, value];
    } else if (isPlainHolder(value) && !visiting.seen.has(value)) {
      visiting.seen.add(value);
      yield* visit(fieldsOf(value, visiting.order), visiting, `${path}.`, bad);
    }
  }
}

function fieldsOf(holder: object, order: MemberOrder): Fields {
  if (Array.isArray(holder)) return Object.entries(holder); // sorting would put place 10 before place 2
  const fields = holder instanceof Map ? holder : Object.entries(holder);
  return order === 'sorted' ? sorted(fields) : fields;
}

function sorted(fields: Fields): Fields {
  const byCodeUnit = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...fields].sort(([a], [b]) => byCodeUnit(String(a), String(b)));
}

function isNamingKey(key: unknown): boolean {
  return typeof key === 'number' || (typeof key === 'string' && key !== '' && !key.includes('.'));
}

function refuseKey(path: string): never {
  throw new ModuleError(`The member "${path}" of a module has a key that cannot be part of a path`, {
    path,
    expected: 'a string that is not empty and has no dots, or a number',
    received: `"${path}"`,
    hint: 'Rename the field or key that holds it',
  });
}

/** Whether members are looked for inside: an array, a Map or a plain object. */
export function isPlainHolder(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
}
