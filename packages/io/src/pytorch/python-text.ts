/** A value as Python writes it. */
export function python(value: PythonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return value.length === 1 ? `(${python(value[0]!)},)` : `(${value.map(python).join(', ')})`;
}

export type PythonValue = null | boolean | number | string | readonly PythonValue[];

/** A call as Python writes it, with arguments by place and by name. */
export function call(
  name: string,
  args: readonly PythonValue[],
  named: Readonly<Record<string, PythonValue>> = {},
): string {
  const texts = [...args.map(python), ...Object.entries(named).map(([key, value]) => `${key}=${python(value)}`)];
  return `${name}(${texts.join(', ')})`;
}

/** An ordered list of parts of a container, each in lines of its own. */
export function ordered(name: string, parts: readonly (readonly [string, string])[]): string {
  if (parts.length === 0) return `${name}()`;
  const lines = parts.map(([key, text]) => `    (${python(key)}, ${indented(text)}),\n`);
  return `${name}(OrderedDict([\n${lines.join('')}]))`;
}

/** Text whose lines behind the first lie four places further right. */
export const indented = (text: string): string => text.replaceAll('\n', '\n    ');
