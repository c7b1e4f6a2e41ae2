/** A value in a few words, as messages show what they were given. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return `"${value.length > LONGEST ? `${value.slice(0, LONGEST)}...` : value}"`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value))
    return value.length > MOST ? `a list of ${value.length}` : `[${value.map(shownValue).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const { constructor } = value;
  return constructor && constructor !== Object ? `an object of the class ${constructor.name}` : 'an object';
}

const LONGEST = 60;
const MOST = 8;
