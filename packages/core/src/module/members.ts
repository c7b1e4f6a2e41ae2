/**
 * The members that an object's own fields hold, in the order of definition; also inside arrays, Maps and plain objects,
 * with keys such as `blocks.0` and `heads.left`. Private `#fields` cannot be seen.
 */
export function* membersOf<Member>(
  owner: object,
  isMember: (value: unknown) => value is Member,
  prefix = '',
  seen = new Set<object>([owner]),
): Iterable<[string, Member]> {
  const entries = owner instanceof Map ? owner : Object.entries(owner);
  for (const [key, value] of entries as Iterable<[unknown, unknown]>) {
    const path = prefix + String(key);
    if (isMember(value)) {
      yield [path, value];
    } else if (isPlainHolder(value) && !seen.has(value)) {
      seen.add(value);
      yield* membersOf(value, isMember, `${path}.`, seen);
    }
  }
}

/** Whether members are looked for inside: an array, a Map or a plain object. */
export function isPlainHolder(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
}
